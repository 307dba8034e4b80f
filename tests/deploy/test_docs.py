"""docs/deploy.md: its commands are ones that the AWS CLI has, and its words are those of template and server."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path

import boto3
import pytest
from botocore import xform_name

from core.__main__ import parse
from tests.deploy.stack import REGION, TEMPLATE

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
SHELL = "\n".join(re.findall(r"^```sh\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
CLI_ALONE = {("s3", "cp"), ("s3", "ls"), ("s3", "sync"), ("cloudformation", "deploy")}
"""Commands that the AWS CLI makes of several calls, of which botocore knows nothing."""


def aws_commands() -> list[list[str]]:
    """The words of every AWS command in the document, without what stands before and after it on its line."""
    found = []
    for line in SHELL.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|();")
        lexer.whitespace_split = True
        words = list(lexer)
        for start in (place for place, word in enumerate(words) if word == "aws"):
            command = list(itertools.takewhile(lambda word: word not in ("|", ")", ";"), words[start + 1 :]))
            if command not in found:
                found.append(command)
    return found


@pytest.mark.parametrize("command", aws_commands(), ids=" ".join)
def test_every_aws_command_and_option_exists(command: list[str]) -> None:
    service, operation, *rest = command
    if (service, operation) in CLI_ALONE:
        return
    client = boto3.client(service.removesuffix("api"), region_name=REGION)
    if operation == "wait":
        assert rest[0].replace("-", "_") in client.waiter_names
        return
    name = client.meta.method_to_api_mapping[operation.replace("-", "_")]
    members = client.meta.service_model.operation_model(name).input_shape.members
    options = {word for word in rest if word.startswith("--")} - {"--query", "--output"}
    assert options <= {f"--{xform_name(member, '-')}" for member in members}


def test_every_parameter_that_it_names_is_one_of_the_template() -> None:
    parameters = set(re.findall(r"^  (\w+):$", TEMPLATE.split("Conditions:")[0], re.MULTILINE))
    named = set(re.findall(r"`([A-Z]\w+)=[^`]+`", DOCUMENT))
    for command in aws_commands():
        if "--parameter-overrides" in command:
            given = command[command.index("--parameter-overrides") + 1 :]
            named |= {word.partition("=")[0] for word in given}
    assert {"Bundle", "CertificateArn", "PlatformVersion", "AlarmEmail", "DeploymentPolicy", "MinServers"} <= named
    assert named <= parameters


def test_outputs_that_it_asks_for_are_there() -> None:
    outputs = set(re.findall(r"^  (\w+):$", TEMPLATE.split("Outputs:")[1], re.MULTILINE))
    assert set(re.findall(r"OutputKey==`(\w+)`", SHELL)) <= outputs


def test_the_one_time_password_is_looked_for_with_the_words_that_print_it() -> None:
    (words,) = re.findall(r"--filter-pattern '\"([^\"]+)\"'", SHELL)
    assert words in (ROOT / "web" / "app.py").read_text(encoding="utf-8")


def test_the_backup_survives_the_loss_of_the_apps_region() -> None:
    """One shell runs everything; what names no region is about the app's."""
    regions = dict(re.findall(r"(\w+)=([a-z]{2}-[a-z]+-\d)", SHELL))
    (made_in,) = re.findall(r"LocationConstraint=\"\$(\w+)\"", SHELL)
    assert regions[made_in] != regions["AWS_REGION"]
    to_backup = [command for command in aws_commands() if command[:2] == ["s3", "sync"] and "$BACKUP" in command[3]]
    assert [command[command.index("--region") + 1] for command in to_backup] == [f"${made_in}"] * 3


@pytest.mark.parametrize("command", sorted(set(re.findall(r"python -m core ([a-z ]+)", SHELL))))
def test_every_command_of_ours_exists(command: str) -> None:
    assert parse(command.split())
