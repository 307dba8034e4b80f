"""Permissions of the servers: everything that the app asks S3 for, and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.bloomcount import assemble
from core.errors import AccountProblem
from core.intake.deletion import delete_photos
from core.intake.inbox import Ticket, new_drop_id
from core.settings import Settings
from core.store import compaction
from core.store.cache import SNAPSHOT
from core.store.records import PhotoRecord
from tests.deploy.policies import allowed
from tests.deploy.recorder import Asked, recording
from tests.deploy.stack import ACCOUNT, BUNDLE, NAME, REGION, Stack, created
from tests.people import ADMIN
from tests.s3 import S3Server
from tests.survey import person

AT = datetime(2026, 6, 12, 14, 2, tzinfo=UTC)
BEANSTALK = f"arn:aws:s3:::elasticbeanstalk-{REGION}-{ACCOUNT}"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with created(Bundle=BUNDLE) as made:
        yield made


@pytest.fixture(scope="module")
def role(stack: Stack) -> list[Any]:
    return stack.statements("InstanceRole")


@pytest.fixture(scope="module")
def bucket(stack: Stack) -> str:
    return f"arn:aws:s3:::{stack.id['Bucket']}"


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"])
def test_objects_of_the_store_and_no_others(role: list[Any], bucket: str, action: str) -> None:
    assert allowed(role, action, f"{bucket}/store/photos/ab/ab12")
    assert not allowed(role, action, f"{bucket}/storeroom/ab12")
    assert not allowed(role, action, f"{bucket}/ab12")
    assert not allowed(role, action, "arn:aws:s3:::somebody-elses/store/photos/ab/ab12")


@pytest.mark.parametrize(
    "action",
    [
        *("s3:GetObjectVersion", "s3:PutObjectAcl", "s3:RestoreObject"),
        *("s3:BypassGovernanceRetention", "s3:PutObjectTagging", "s3:ReplicateObject"),
    ],
)
def test_history_and_rights_of_objects_are_out_of_reach(role: list[Any], bucket: str, action: str) -> None:
    assert not allowed(role, action, f"{bucket}/store/photos/ab/ab12")


def test_history_goes_only_of_what_tells_of_a_photo_that_is_deleted_for_privacy(role: list[Any], bucket: str) -> None:
    for key in ("photos/ab/ab12", "thumbs/ab/ab12.webp", "tables/photos/part.parquet", "now/snapshot", "inbox/a.json"):
        assert allowed(role, "s3:DeleteObjectVersion", f"{bucket}/store/{key}")
    for key in ("accounts/accounts.json", "models/in-use.json", "publication.json", "deleted/ab/ab12.json"):
        assert not allowed(role, "s3:DeleteObjectVersion", f"{bucket}/store/{key}")
    assert allowed(role, "s3:ListBucketVersions", bucket, s3_prefix="store/photos/")
    assert not allowed(role, "s3:ListBucketVersions", bucket, s3_prefix="bundles/")


@pytest.mark.parametrize(
    "action",
    [
        *("s3:DeleteBucket", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketPublicAccessBlock"),
        *("s3:PutLifecycleConfiguration", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration"),
        *("s3:ListBucketMultipartUploads", "s3:PutBucketAcl"),
    ],
)
def test_the_bucket_itself_cannot_be_changed(role: list[Any], bucket: str, action: str) -> None:
    assert not allowed(role, action, bucket)


def test_lists_show_the_store_and_nothing_else(role: list[Any], bucket: str) -> None:
    assert allowed(role, "s3:ListBucket", bucket, s3_prefix="store/inbox/")
    assert not allowed(role, "s3:ListBucket", bucket, s3_prefix="bundles/")
    assert not allowed(role, "s3:ListBucket", bucket, s3_prefix="")
    assert not allowed(role, "s3:ListAllMyBuckets", "*")


def test_a_photo_that_is_not_there_is_missing_and_not_forbidden(role: list[Any], bucket: str) -> None:
    """HEAD of the bucket, and the question behind 404 or 403, carry no prefix."""
    assert allowed(role, "s3:ListBucket", bucket)


def test_bundles_are_read_and_never_written(role: list[Any], bucket: str) -> None:
    assert allowed(role, "s3:GetObject", f"{bucket}/{BUNDLE}")
    assert not allowed(role, "s3:PutObject", f"{bucket}/{BUNDLE}")
    assert not allowed(role, "s3:DeleteObject", f"{bucket}/{BUNDLE}")


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteBucket"])
def test_nobody_gets_in_over_plain_http_whatever_else_allows_it(stack: Stack, bucket: str, action: str) -> None:
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    statements = [everything, *stack.properties("BucketPolicy")["PolicyDocument"]["Statement"]]
    for resource in (bucket, f"{bucket}/store/photos/ab/ab12"):
        assert allowed(statements, action, resource, aws_SecureTransport="true")
        assert not allowed(statements, action, resource, aws_SecureTransport="false")


def test_of_beanstalk_a_server_reads_what_is_deployed_and_writes_logs(role: list[Any]) -> None:
    deployed = f"{BEANSTALK}/resources/environments/e-abc/_runtime/_versions/{NAME}/v1"
    assert allowed(role, "s3:GetObject", deployed)
    assert not allowed(role, "s3:PutObject", deployed)
    assert allowed(role, "s3:PutObject", f"{BEANSTALK}/resources/environments/logs/bundle/e-abc/i-1/log.zip")
    assert not allowed(role, "s3:GetObject", f"{BEANSTALK}/2026-app.zip")
    assert not allowed(
        role, "s3:GetObject", f"arn:aws:s3:::elasticbeanstalk-{REGION}-999999999999/resources/environments/x"
    )


def test_logs_and_health_of_this_environment_only(role: list[Any]) -> None:
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/elasticbeanstalk"
    log = "var/log/eb-docker/containers/eb-current-app/stdouterr.log:log-stream:i-1"
    assert allowed(role, "logs:PutLogEvents", f"{group}/{NAME}/{log}")
    assert not allowed(role, "logs:PutLogEvents", f"{group}/another/{log}")
    assert not allowed(role, "logs:DeleteLogGroup", f"{group}/{NAME}/{log}")
    environments = f"arn:aws:elasticbeanstalk:{REGION}:{ACCOUNT}:environment"
    assert allowed(role, "elasticbeanstalk:PutInstanceStatistics", f"{environments}/{NAME}/{NAME}")
    assert not allowed(role, "elasticbeanstalk:PutInstanceStatistics", f"{environments}/{NAME}/another")
    assert not allowed(role, "elasticbeanstalk:UpdateEnvironment", f"{environments}/{NAME}/{NAME}")


def test_a_server_sets_the_hop_limit_of_servers_of_its_environment_only(role: list[Any]) -> None:
    server = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1"
    tag = "aws_ResourceTag/elasticbeanstalk:environment-name"
    assert allowed(role, "ec2:ModifyInstanceMetadataOptions", server, **{tag: NAME})
    assert not allowed(role, "ec2:ModifyInstanceMetadataOptions", server, **{tag: "another"})
    assert not allowed(role, "ec2:ModifyInstanceMetadataOptions", server)
    assert not allowed(role, "ec2:TerminateInstances", server, **{tag: NAME})


def test_only_servers_and_beanstalk_itself_can_take_the_roles(stack: Stack) -> None:
    (servers,) = stack.properties("InstanceRole")["AssumeRolePolicyDocument"]["Statement"]
    (service,) = stack.properties("ServiceRole")["AssumeRolePolicyDocument"]["Statement"]
    assert (servers["Principal"], service["Principal"]) == (
        {"Service": "ec2.amazonaws.com"},
        {"Service": "elasticbeanstalk.amazonaws.com"},
    )
    assert service["Condition"] == {"StringEquals": {"sts:ExternalId": "elasticbeanstalk"}}
    assert "ManagedPolicyArns" not in stack.properties("InstanceRole")


def test_no_permission_is_for_everything(stack: Stack) -> None:
    for statement in [*stack.statements("InstanceRole"), *stack.statements("ServiceRole")]:
        actions, resources = statement["Action"], statement["Resource"]
        assert "*" not in "".join(actions)
        assert "*" not in ([resources] if isinstance(resources, str) else resources)


def test_everything_that_the_app_asks_of_s3_is_allowed_and_all_that_is_allowed_is_used(
    s3_server: S3Server, s3_settings: Settings, role: list[Any], bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recording(s3_server.endpoint) as recorder:
        _use_the_store(replace(s3_settings, s3_endpoint=recorder.endpoint), monkeypatch)
    here = s3_settings.store.removeprefix("s3://").partition("/")[2]
    assert {asked for asked in recorder.asked if not _lets_through(role, asked, here, bucket)} == set()
    given = {statement["Sid"]: statement["Action"] for statement in role}
    used = {asked.action for asked in recorder.asked}
    # The one that is left is asked for when the upload of a large table file breaks off.
    history = {given["ListVersions"], given["DeleteForPrivacy"]}
    assert {given["List"], *given["ReadAndWrite"], *history} - used == {"s3:AbortMultipartUpload"}


def _lets_through(role: list[Any], asked: Asked, here: str, bucket: str) -> bool:
    """True if the role may do in its bucket under store/ what was done in the tests' bucket under `here`."""
    if asked.key is not None:
        return allowed(role, asked.action, f"{bucket}/{asked.key.replace(here, 'store', 1)}")
    if asked.prefix is None:
        return allowed(role, asked.action, bucket)
    return allowed(role, asked.action, bucket, s3_prefix=asked.prefix.replace(here, "store", 1))


def _use_the_store(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts, a photo's way, models, tables, compaction with clearing up, and what is not there."""
    bloom = assemble(settings)
    assert bloom.accounts.first_start()
    bloom.accounts.add("anna", "Anna Bos", "researcher", by=ADMIN)
    with pytest.raises(AccountProblem):
        bloom.accounts.sign_in("anna", "wrong", address="192.0.2.1")
    photo_id = bloom.library.pictures.add(b"petals")
    bloom.library.pictures.put_thumb(photo_id, b"small petals")
    assert bloom.library.pictures.has(photo_id)
    assert not bloom.library.pictures.has("0" * 64)
    assert bloom.library.pictures.thumb("0" * 64) is None
    bloom.inbox.add(
        Ticket(
            drop_id=new_drop_id(),
            photo_id=photo_id,
            file="a.jpg",
            bytes=6,
            site="plot 3",
            note="",
            uploaded_by="anna",
            uploaded_at=AT,
        )
    )
    claimed = bloom.inbox.claim(1)
    bloom.inbox.renew()
    bloom.inbox.done(claimed)
    assert len(bloom.models.listed()) == 1
    assert list(bloom.blobs.list())

    monkeypatch.setattr(compaction, "KEPT_HOURS", 0)
    monkeypatch.setattr(compaction, "SMALL_FILES", 2)
    for note in ("sun", "rain", "wind"):
        bloom.library.record(
            [
                PhotoRecord(
                    photo_id=photo_id,
                    file="a.jpg",
                    bytes=6,
                    width=1,
                    height=1,
                    taken_at=None,
                    latitude=None,
                    longitude=None,
                    site="plot 3",
                    note=note,
                    drop_id="d",
                    uploaded_by="anna",
                    uploaded_at=AT,
                )
            ],
            [],
            [],
        )
    assert "photos" in bloom.library.tables.compact()
    assert bloom.library.latest_drop("anna") == "d"
    assert bloom.library.cache.current().size
    bloom.blobs.put(SNAPSHOT, b"of another version")
    lea = person("lea", "lead")
    assert delete_photos(bloom.library, bloom.inbox, [photo_id], keep_counts=True, by=lea) == 1
