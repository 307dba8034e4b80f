"""The files of deploy/ray: by Ray's own schema, by Amazon's linter, and by what they promise."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import ray.autoscaler
import yaml

from core.__main__ import parse

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy" / "ray"
CLUSTER = yaml.safe_load((DEPLOY / "cluster.yaml").read_text(encoding="utf-8"))
ACCOUNT, JOB = yaml.safe_load_all((DEPLOY / "kuberay.yaml").read_text(encoding="utf-8"))
SPEC = JOB["spec"]["rayClusterSpec"]
PODS = [group["template"]["spec"] for group in (SPEC["headGroupSpec"], *SPEC["workerGroupSpecs"])]


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as what stands behind them."""


Loader.add_multi_constructor("!", lambda loader, name, node: f"{name} {node.value}")


def test_the_cluster_is_one_by_rays_schema():
    schema = json.loads((Path(ray.autoscaler.__file__).parent / "ray-schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(CLUSTER, schema)


def test_workers_are_spot_machines_and_the_head_counts_nothing():
    kinds = CLUSTER["available_node_types"]
    assert kinds["counting"]["node_config"]["InstanceMarketOptions"] == {"MarketType": "spot"}
    assert kinds["head"]["resources"] == {"CPU": 0}
    assert any("--num-cpus=0" in command for command in CLUSTER["head_start_ray_commands"])
    assert kinds["counting"]["max_workers"] == CLUSTER["max_workers"]


@pytest.mark.parametrize("kind", ["head", "counting"])
def test_machines_have_roles_of_their_own_and_no_credentials_lie_open(kind):
    machine = CLUSTER["available_node_types"][kind]["node_config"]
    roles = (DEPLOY / "roles.yaml").read_text(encoding="utf-8")
    assert f"InstanceProfileName: {machine['IamInstanceProfile']['Name']}\n" in roles
    assert machine["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}


def test_the_roles_are_what_amazon_takes_and_none_may_do_everything():
    file = DEPLOY / "roles.yaml"
    subprocess.run([Path(sys.executable).parent / "cfn-lint", file], check=True)
    template = yaml.load(file.read_text(encoding="utf-8"), Loader)
    allowed = list(statements(template["Resources"]))
    assert len(allowed) == 16
    actions = {action for one in allowed for action in listed(one["Action"])}
    assert not [action for action in actions if "*" in action]
    anywhere = {action for one in allowed if one.get("Resource") == "*" for action in listed(one["Action"])}
    assert all(action.startswith("ec2:Describe") or action == "ecr:GetAuthorizationToken" for action in anywhere)


def statements(node: Any) -> list[dict[str, Any]]:
    """All statements of policies, however deep."""
    if isinstance(node, list):
        return [found for each in node for found in statements(each)]
    if not isinstance(node, dict):
        return []
    return [node] if "Effect" in node else statements(list(node.values()))


def listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions


def test_kubernetes_runs_the_version_of_the_lock_in_one_image_and_nothing_as_root():
    (version,) = re.findall(r"^ray\[default\]==(\S+)$", (ROOT / "requirements.txt").read_text(), re.M)
    assert SPEC["rayVersion"] == version
    assert len({container["image"] for pod in PODS for container in pod["containers"]}) == 1
    for pod in PODS:
        assert pod["serviceAccountName"] == ACCOUNT["metadata"]["name"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["volumes"][0]["emptyDir"]["medium"] == "Memory"
        assert all("limits" in container["resources"] for container in pod["containers"])


def test_a_worker_has_a_gigabyte_and_a_cpu_and_the_head_has_none():
    assert SPEC["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    for group in SPEC["workerGroupSpecs"]:
        (container,) = group["template"]["spec"]["containers"]
        cpus = int(group["rayStartParams"]["num-cpus"])
        assert container["resources"]["requests"]["cpu"] == str(cpus)
        assert int(container["resources"]["limits"]["memory"].removesuffix("Gi")) >= cpus


def test_hours_and_cost_follow_from_the_measured_seconds():
    text = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ MP, ([\d.]+) s \| (\d+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", text, re.M)
    assert len(rows) == 4
    for seconds, machines, *said in (map(float, row) for row in rows):
        hours = 1e6 * seconds / 3600 / (16 * machines)
        spot, demand = (hours * (machines * price + 0.34) for price in (0.34, 0.68))
        assert said == pytest.approx([hours, spot, demand], abs=0.005)


def test_the_jobs_command_is_one_of_ours():
    words = JOB["spec"]["entrypoint"].replace('"', "").split()
    assert words[:3] == ["python", "-m", "core"]
    assert parse(words[3:]).ray == "auto"
