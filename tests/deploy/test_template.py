"""The template as a stack: what each part is told, and each trap of Elastic Beanstalk that it must not fall into."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import yaml
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from core.settings import load_settings
from core.store.s3 import Bucket
from tests.deploy.stack import BUNDLE, GIVEN, KEPT_ONLY, NAME, REGION, TEMPLATE, Stack, created

ROOT = Path(__file__).parents[2]
PROPERTIES = "aws:elasticbeanstalk:application:environment"
PROCESS = "aws:elasticbeanstalk:environment:process:default"
SERVERS = "aws:autoscaling:launchconfiguration"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with created(Bundle=BUNDLE) as made:
        yield made


def test_it_is_small_enough_to_be_sent_without_a_bucket() -> None:
    assert len(TEMPLATE.encode()) <= 51_200


def test_everything_is_made_and_only_what_moto_lacks_is_not_real(stack: Stack) -> None:
    assert set(stack.id) == set(stack.resources)
    kinds = {resource["Type"] for resource in stack.resources.values()}
    assert set(KEPT_ONLY) <= kinds
    subnets = boto3.client("ec2", REGION).describe_subnets(SubnetIds=[stack.id["SubnetA"], stack.id["SubnetB"]])[
        "Subnets"
    ]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 2  # a load balancer takes no less
    profile = boto3.client("iam", REGION).get_instance_profile(InstanceProfileName=stack.id["InstanceProfile"])
    assert [role["RoleName"] for role in profile["InstanceProfile"]["Roles"]] == [stack.id["InstanceRole"]]


def test_before_there_is_a_bundle_the_stack_has_its_bucket_and_no_servers() -> None:
    with created("new") as made:
        assert {"Bucket", "InstanceProfile", "Application", "Budget"} <= set(made.id)
        assert {"Version", "Environment", "EnvironmentIsUnhealthy", "AnswersAreErrors"}.isdisjoint(made.id)


def test_the_servers_come_with_the_bundle_and_the_bucket_stays_the_same() -> None:
    with created("grown") as made:
        made.update(Bundle=BUNDLE)
        assert made.properties("Version")["SourceBundle"] == {"S3Bucket": made.id["Bucket"], "S3Key": BUNDLE}
        assert made.option(PROPERTIES, "BLOOM_STORE") == f"s3://{made.id['Bucket']}/store"
        assert [one["Name"] for one in boto3.client("s3", REGION).list_buckets()["Buckets"]].count(
            made.id["Bucket"]
        ) == 1


# --- the bucket ---


def test_the_bucket_is_private_encrypted_and_keeps_versions(stack: Stack) -> None:
    bucket = stack.properties("Bucket")
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = boto3.client("s3", REGION).get_bucket_encryption(Bucket=stack.id["Bucket"])[
        "ServerSideEncryptionConfiguration"
    ]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_deleting_the_stack_leaves_the_photos(stack: Stack) -> None:
    assert (stack.resources["Bucket"]["DeletionPolicy"], stack.resources["Bucket"]["UpdateReplacePolicy"]) == (
        "Retain",
        "Retain",
    )


def test_lifecycle_rules_tidy_up_and_never_remove_what_is_current(stack: Stack) -> None:
    rules = {rule["Id"]: rule for rule in stack.properties("Bucket")["LifecycleConfiguration"]["Rules"]}
    for rule in rules.values():
        assert not {"ExpirationInDays", "ExpirationDate"} & set(rule)
    assert rules["unfinished-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    undo = rules["thirty-days-to-undo"]
    assert (undo.get("Prefix"), undo["NoncurrentVersionExpiration"]) == (None, {"NoncurrentDays": 30})
    (archive,) = (rule for rule in rules.values() if "Transitions" in rule)
    assert archive["Prefix"] == "store/photos/"
    # No class that answers in minutes or hours: the app reads a photo when somebody opens it.
    assert [step["StorageClass"] for step in archive["Transitions"]] == ["INTELLIGENT_TIERING"]


# --- what the app is told ---


def test_the_app_keeps_its_state_in_the_bucket_alone(stack: Stack) -> None:
    """A container's files vanish at each deployment."""
    settings = load_settings({"BLOOM_STORE": stack.option(PROPERTIES, "BLOOM_STORE") or ""})
    assert settings.store_on_s3
    bucket = Bucket(settings.store, settings.s3_endpoint)
    assert (bucket.name, bucket.prefix) == (stack.id["Bucket"], "store")


def test_no_keys_are_in_the_environment(stack: Stack) -> None:
    told = {
        one["OptionName"] for one in stack.properties("Environment")["OptionSettings"] if one["Namespace"] == PROPERTIES
    }
    assert told == {"BLOOM_STORE", "AWS_DEFAULT_REGION", "FORWARDED_ALLOW_IPS"}
    assert "AKIA" not in TEMPLATE


@pytest.mark.parametrize(
    ("forwarded_for", "address"),
    [
        pytest.param("198.51.100.7, 10.20.3.4", "198.51.100.7", id="through the load balancer"),
        pytest.param(
            "192.0.2.9, 198.51.100.7, 10.20.3.4", "198.51.100.7", id="who makes up an address is not believed"
        ),
        pytest.param("10.20.9.9, 198.51.100.7, 10.20.3.4", "198.51.100.7", id="nor who makes up one of ours"),
    ],
)
def test_guesses_of_passwords_count_for_the_address_they_come_from(
    stack: Stack, forwarded_for: str, address: str
) -> None:
    """nginx on the server reaches the container from Docker's bridge and appends the load balancer's address."""
    assert _client_seen(stack, "172.17.0.1", forwarded_for) == address


def test_who_reaches_a_server_past_the_load_balancer_is_not_believed(stack: Stack) -> None:
    assert _client_seen(stack, "203.0.113.5", "198.51.100.7") == "203.0.113.5"


def _client_seen(stack: Stack, peer: str, forwarded_for: str) -> str:
    seen = []

    async def app(scope, receive, send) -> None:
        seen.append(scope["client"][0])

    trusted = stack.option(PROPERTIES, "FORWARDED_ALLOW_IPS")
    assert trusted is not None
    scope = {"type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded_for.encode())]}
    asyncio.run(ProxyHeadersMiddleware(app, trusted_hosts=trusted)(scope, None, None))
    return str(seen[0])


def test_the_network_is_the_one_whose_addresses_are_trusted(stack: Stack) -> None:
    (network,) = boto3.client("ec2", REGION).describe_vpcs(VpcIds=[stack.id["Network"]])["Vpcs"]
    assert network["CidrBlock"] in (stack.option(PROPERTIES, "FORWARDED_ALLOW_IPS") or "").split(",")


# --- servers and load balancer ---


def test_metadata_takes_tokens_only_and_the_role_is_the_one_with_few_rights(stack: Stack) -> None:
    assert stack.option(SERVERS, "DisableIMDSv1") == "true"
    assert stack.option(SERVERS, "IamInstanceProfile") == stack.id["InstanceProfile"]
    assert stack.option(SERVERS, "EC2KeyName") is None


def test_the_platform_is_docker_on_amazon_linux_2023(stack: Stack) -> None:
    arn = f"arn:aws:elasticbeanstalk:{REGION}::platform/Docker running on 64bit Amazon Linux 2023/4.7.2"
    assert stack.properties("Environment")["PlatformArn"] == arn


def test_a_browser_stays_with_its_server(stack: Stack) -> None:
    """Sessions live in one process's memory, and stickiness is off unless asked for."""
    assert stack.option(PROCESS, "StickinessEnabled") == "true"
    assert int(stack.option(PROCESS, "StickinessLBCookieDuration") or 0) >= 8 * 3600


def test_health_is_what_the_app_says_of_store_and_recogniser(stack: Stack) -> None:
    """Streamlit's own health page says ok before the app works, and unknown paths answer 200."""
    assert (stack.option(PROCESS, "HealthCheckPath"), stack.option(PROCESS, "MatcherHTTPCode")) == ("/readyz", "200")
    assert '"/readyz"' in (ROOT / "web" / "routes.py").read_text(encoding="utf-8")
    timeout, interval = (int(stack.option(PROCESS, f"HealthCheck{name}") or 0) for name in ("Timeout", "Interval"))
    assert 5 < timeout < interval


def test_open_pages_outlive_the_load_balancers_minute(stack: Stack) -> None:
    """Streamlit's server pings every 30 s; a slow upload may pause for longer than the default of 60."""
    assert int(stack.option("aws:elbv2:loadbalancer", "IdleTimeout") or 0) > 60


def test_people_get_https_and_http_sends_them_there(stack: Stack) -> None:
    listener = {
        name: stack.option("aws:elbv2:listener:443", name) for name in ("Protocol", "SSLCertificateArns", "SSLPolicy")
    }
    assert (listener["Protocol"], listener["SSLCertificateArns"]) == ("HTTPS", GIVEN["CertificateArn"])
    assert "TLS13" in str(listener["SSLPolicy"])
    assert stack.option("aws:elasticbeanstalk:environment", "LoadBalancerType") == "application"
    redirect = yaml.safe_load((ROOT / ".ebextensions" / "https.config").read_text(encoding="utf-8"))
    port_80 = redirect["Resources"]["AWSEBV2LoadBalancerListener"]["Properties"]
    (action,) = port_80["DefaultActions"]
    assert (port_80["Port"], action["Type"]) == (80, "redirect")
    assert action["RedirectConfig"] == {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }


def test_ebextensions_change_nothing_that_the_template_sets() -> None:
    for file in (ROOT / ".ebextensions").iterdir():
        assert set(yaml.safe_load(file.read_text(encoding="utf-8"))) == {"Resources"}, file
        assert "/etc/nginx" not in file.read_text(encoding="utf-8"), file


def test_servers_come_and_go_with_the_work(stack: Stack) -> None:
    trigger = "aws:autoscaling:trigger"
    assert (stack.option(trigger, "MeasureName"), stack.option(trigger, "Unit")) == ("CPUUtilization", "Percent")
    low, high = (int(stack.option(trigger, name) or 0) for name in ("LowerThreshold", "UpperThreshold"))
    assert 0 < low < high < 100
    assert (stack.option("aws:autoscaling:asg", "MinSize"), stack.option("aws:autoscaling:asg", "MaxSize")) == (
        "1",
        "4",
    )


@pytest.mark.parametrize(
    ("given", "of_the_app", "of_the_servers"),
    [
        pytest.param({}, "RollingWithAdditionalBatch", "Health", id="as it is"),
        pytest.param({"DeploymentPolicy": "Immutable"}, "Immutable", "Immutable", id="immutable"),
    ],
)
def test_updates_replace_servers_without_a_gap(given: dict[str, str], of_the_app: str, of_the_servers: str) -> None:
    with created(f"updated-{of_the_app}", Bundle=BUNDLE, **given) as made:
        assert made.option("aws:elasticbeanstalk:command", "DeploymentPolicy") == of_the_app
        rolling = "aws:autoscaling:updatepolicy:rollingupdate"
        assert (made.option(rolling, "RollingUpdateEnabled"), made.option(rolling, "RollingUpdateType")) == (
            "true",
            of_the_servers,
        )


def test_the_version_that_runs_is_the_bundle_in_our_bucket(stack: Stack) -> None:
    assert stack.properties("Version")["SourceBundle"] == {"S3Bucket": stack.id["Bucket"], "S3Key": BUNDLE}
    assert stack.properties("Environment")["VersionLabel"] == stack.id["Version"]


# --- who is told ---


def test_logs_are_kept_for_a_month_and_outlive_the_servers(stack: Stack) -> None:
    logs = "aws:elasticbeanstalk:cloudwatch:logs"
    assert [stack.option(logs, name) for name in ("StreamLogs", "RetentionInDays", "DeleteOnTerminate")] == [
        "true",
        "30",
        "false",
    ]


@pytest.mark.parametrize("alarm", ["EnvironmentIsUnhealthy", "AnswersAreErrors"])
def test_alarms_watch_our_environment_and_mail_somebody(stack: Stack, alarm: str) -> None:
    told = stack.properties(alarm)
    assert told["Dimensions"] == [{"Name": "EnvironmentName", "Value": NAME}]
    assert told["AlarmActions"] == [stack.id["Alarms"]]
    mail = stack.properties("AlarmsByMail")
    assert (mail["TopicArn"], mail["Protocol"], mail["Endpoint"]) == (stack.id["Alarms"], "email", GIVEN["AlarmEmail"])


def test_the_metric_that_an_alarm_watches_is_published(stack: Stack) -> None:
    """EnvironmentHealth always is with enhanced health; others only when asked for."""
    health = "aws:elasticbeanstalk:healthreporting:system"
    assert stack.option(health, "SystemType") == "enhanced"
    published = json.loads(stack.option(health, "ConfigDocument") or "")["CloudWatchMetrics"]["Environment"]
    assert stack.properties("AnswersAreErrors")["MetricName"] in published
    assert stack.properties("EnvironmentIsUnhealthy")["TreatMissingData"] == "breaching"


def test_the_budget_counts_all_costs_and_mails_before_they_are_made() -> None:
    with created("dear", MonthlyBudget="250") as made:
        budget = made.properties("Budget")
        assert budget["Budget"]["BudgetLimit"] == {"Amount": 250, "Unit": "USD"}
        assert "CostFilters" not in budget["Budget"]
        mails = budget["NotificationsWithSubscribers"]
        assert {(mail["Notification"]["NotificationType"], mail["Subscribers"][0]["Address"]) for mail in mails} == {
            ("ACTUAL", GIVEN["AlarmEmail"]),
            ("FORECASTED", GIVEN["AlarmEmail"]),
        }


def test_what_costs_money_is_tagged(stack: Stack) -> None:
    tag = {"Key": "project", "Value": "bloomcount"}
    for resource in ("Bucket", "Environment", "Network", "InstanceRole", "Alarms"):
        assert tag in stack.properties(resource)["Tags"], resource
