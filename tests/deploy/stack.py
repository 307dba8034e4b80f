"""The template as a stack in moto, in this process and without a network.

moto makes network, bucket, roles, instance profile and topic for real, but of the bucket only encryption and tags. The
types in KEPT_ONLY it does not know: there it fills in all references and keeps the properties, unchecked beyond what
cfn-lint checks; whether Amazon takes Elastic Beanstalk's options cannot be seen here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.cloudformation import parsing
from moto.cloudformation.models import cloudformation_backends
from moto.core.common_models import CloudFormationModel

TEMPLATE = (Path(__file__).parents[2] / "deploy" / "template.yaml").read_text(encoding="utf-8")
NAME, REGION, ACCOUNT = "bloomcount", "eu-west-1", "123456789012"
GIVEN = {
    "CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0a1b",
    "PlatformVersion": "4.7.2",
    "AlarmEmail": "flora@example.org",
}
BUNDLE = "bundles/bloomcount-9cdbae98c57a.zip"
KEPT_ONLY = {
    "AWS::S3::BucketPolicy": "",
    "AWS::SNS::Subscription": "",
    "AWS::CloudWatch::Alarm": "",
    "AWS::Budgets::Budget": "",
    "AWS::ElasticBeanstalk::Application": "ApplicationName",
    "AWS::ElasticBeanstalk::ApplicationVersion": "",
    "AWS::ElasticBeanstalk::Environment": "EnvironmentName",
}
"""Kinds of resources, each with the property that names it, empty where Amazon makes up its name."""


class Kept(CloudFormationModel):
    """A resource of which moto keeps the properties; its Ref is its name, its attributes are named like themselves."""

    named_by = ""

    def __init__(self, name: str, properties: dict[str, Any]) -> None:
        self.physical_resource_id, self.properties = name, properties

    @staticmethod
    def has_cfn_attr(_: str) -> bool:
        return True

    def get_cfn_attribute(self, attribute: str) -> str:
        return f"{attribute} of {self.physical_resource_id}"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name: str, cloudformation_json: Any, *_: Any, **__: Any) -> Kept:
        properties = cloudformation_json["Properties"]
        return cls(properties.get(cls.named_by, resource_name), properties)

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: Kept, new_resource_name: str, cloudformation_json: Any, *_: Any, **__: Any
    ) -> Kept:
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json)

    @classmethod
    def delete_from_cloudformation_json(cls, *_: Any, **__: Any) -> None:
        """Delete the resource: nothing is left of it."""


@dataclass(frozen=True)
class Stack:
    """A created stack. id: the physical id of each resource; resources: as the template has them."""

    name: str
    id: dict[str, str]
    resources: dict[str, Any]

    def update(self, **parameters: str) -> None:
        """Give the stack these parameters besides GIVEN; `id` stays as it was before."""
        boto3.client("cloudformation", REGION).update_stack(**_told(self.name, parameters))

    def properties(self, resource: str) -> Any:
        """The properties with every reference filled in."""
        return parsing.clean_json(self.resources[resource], _map(self.name))["Properties"]

    def option(self, namespace: str, name: str) -> str | None:
        """The environment's value of this option of Elastic Beanstalk; None where it has none."""
        settings = self.properties("Environment")["OptionSettings"]
        found = [one["Value"] for one in settings if (one["Namespace"], one["OptionName"]) == (namespace, name)]
        assert len(found) < 2, f"{namespace} {name} is set twice"
        return str(found[0]) if found else None

    def statements(self, role: str) -> list[Any]:
        """The statements of a role's own policies."""
        return [
            statement
            for policy in self.properties(role)["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]


@contextmanager
def created(name: str = NAME, /, **parameters: str) -> Iterator[Stack]:
    """The stack with these parameters besides GIVEN; moto forgets it afterwards."""
    with pytest.MonkeyPatch.context() as environment, mock_aws(), _taught():
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(variable, "testing")
        cloudformation = boto3.client("cloudformation", REGION)
        cloudformation.create_stack(**_told(name, parameters))
        listed = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
        made = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed if one["PhysicalResourceId"]}
        yield Stack(name, made, json.loads(json.dumps(_map(name)._resource_json_map)))


def _told(name: str, parameters: dict[str, str]) -> dict[str, Any]:
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in (GIVEN | parameters).items()]
    return {"StackName": name, "TemplateBody": TEMPLATE, "Parameters": given, "Capabilities": ["CAPABILITY_IAM"]}


def _map(name: str) -> Any:
    """moto's own view of the stack, which fills in references."""
    (stack,) = (stack for stack in cloudformation_backends[ACCOUNT][REGION].stacks.values() if stack.name == name)
    return stack.resource_map


@contextmanager
def _taught() -> Iterator[None]:
    """moto knows the types that it only keeps."""
    kinds = {kind: type(kind, (Kept,), {"named_by": named_by}) for kind, named_by in KEPT_ONLY.items()}
    with pytest.MonkeyPatch.context() as patch:
        models = parsing.get_model_map() | kinds
        patch.setattr(parsing, "get_model_map", lambda: models)
        yield
