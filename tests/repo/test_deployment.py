"""The compose set-up, Prometheus' and Grafana's files: valid, whole, and loopback only."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from stream_app import cli
from stream_app.cli import ENTRIES
from stream_app.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if service["image"].startswith("crm-pulse")}


def yaml_files() -> list[Path]:
    folders = (ROOT / "grafana", ROOT / "prometheus")
    return [*ROOT.glob("*.y*ml"), *(path for folder in folders for path in folder.rglob("*.y*ml"))]


@pytest.mark.parametrize("path", yaml_files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_yaml_is_valid(path):
    assert yaml.safe_load(path.read_text(encoding="utf-8"))


def test_compose_has_no_version_and_no_container_names():
    assert "version" not in COMPOSE
    assert [name for name, service in SERVICES.items() if "container_name" in service] == []


def test_every_image_is_pinned():
    foreign = {service["image"] for name, service in SERVICES.items() if name not in OURS}
    assert [image for image in foreign if not re.search(r":v?\d+\.\d+\.\d+$", image)] == []


def test_every_port_is_bound_to_loopback():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def mounts() -> list[str]:
    return [volume.split(":")[0] for one in SERVICES.values() for volume in one.get("volumes", [])]


@pytest.mark.parametrize("source", mounts())
def test_every_mount_exists(source):
    """A path is in the repository, a name is a declared volume."""
    assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_every_dependency_is_a_service_and_healthy_ones_have_a_health_check():
    for service in SERVICES.values():
        for name, wanted in service.get("depends_on", {}).items():
            assert name in SERVICES
            if wanted["condition"] == "service_healthy":
                assert name in OURS or "healthcheck" in SERVICES[name]


def test_our_services_run_commands_that_exist_with_options_that_they_have():
    commands = {entry.name for entry in ENTRIES}
    for name in OURS:
        words, command = SERVICES[name]["command"], typer.main.get_command(cli.app)
        while words and (inner := getattr(command, "commands", {}).get(words[0])):
            command, words = inner, words[1:]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known, name
    assert {SERVICES[name]["command"][0] for name in OURS} <= commands
    assert {"topics", "worker", "board", "simulate"} == OURS


def test_our_services_use_settings_that_exist():
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {"HEALTH_URL"}
    used = {key for name in OURS for key in SERVICES[name]["environment"]}
    assert used <= known
    assert PREFIX + "BROKERS" in used


def test_only_the_demo_profile_simulates():
    assert {name: one["profiles"] for name, one in SERVICES.items() if "profiles" in one} == {"simulate": ["demo"]}


def prometheus_config() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")))


def test_prometheus_scrapes_every_role():
    config = prometheus_config()
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    assert set(jobs) == {"crm-pulse-board", "crm-pulse-worker"}
    assert jobs["crm-pulse-board"]["static_configs"][0]["targets"] == [f"board:{Settings().board_port}"]
    assert jobs["crm-pulse-worker"]["dns_sd_configs"][0]["port"] == Settings().worker_port


def mounted(service: str, path: str) -> Path:
    """Return the file of the repository that a service finds at *path*."""
    for volume in SERVICES[service]["volumes"]:
        source, inside, *_ = volume.split(":")
        if source.startswith(".") and Path(path).is_relative_to(inside):
            return Path(ROOT / source / Path(path).relative_to(inside))
    raise AssertionError(f"{service} has nothing at {path}")


@pytest.mark.parametrize("service", ["prometheus", "alertmanager"])
def test_a_service_reads_a_configuration_that_is_mounted_and_keeps_its_data_in_a_volume(service):
    options = dict(word.removeprefix("--").split("=", 1) for word in SERVICES[service]["command"])
    assert mounted(service, options["config.file"]).is_file()
    (kept,) = (value for name, value in options.items() if name in {"storage.path", "storage.tsdb.path"})
    assert f"{service}-data:{kept}" in SERVICES[service]["volumes"]


def test_prometheus_loads_the_rules_and_tells_the_alertmanager():
    config = prometheus_config()
    assert sorted(path for pattern in config["rule_files"] for path in (ROOT / "prometheus").glob(pattern))
    (told,) = config["alerting"]["alertmanagers"]
    (target,) = told["static_configs"][0]["targets"]
    name, port = target.split(":")
    assert f"127.0.0.1:{port}:{port}" in SERVICES[name]["ports"]
    assert SERVICES["board"]["environment"]["CRM_PULSE_ALERTMANAGERS"] == f"http://{target}"


def test_links_of_alerts_lead_to_what_is_published():
    """The rules link by external labels: each one that they use is there, and is the address of a service."""
    labels = prometheus_config()["global"]["external_labels"]
    rules = (ROOT / "prometheus/rules/crm-pulse.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"externalLabels\.(\w+)", rules)) == set(labels) == {"board", "grafana"}
    for name, url in labels.items():
        port = url.rsplit(":", 1)[1]
        assert f"127.0.0.1:{port}:{port}" in SERVICES[name]["ports"]
    assert labels["board"] == SERVICES["board"]["environment"]["CRM_PULSE_BOARD_URL"]
    dropped = prometheus_config()["alerting"]["alert_relabel_configs"]
    assert dropped == [{"action": "labeldrop", "regex": "board|grafana"}], "addresses are no labels of an alert"


def test_every_receiver_of_a_route_exists():
    config = yaml.safe_load((ROOT / "prometheus" / "alertmanager.yml").read_text(encoding="utf-8"))
    named = {config["route"]["receiver"], *(route["receiver"] for route in config["route"]["routes"])}
    assert named <= {receiver["name"] for receiver in config["receivers"]}


def test_every_service_that_stays_is_asked_how_it_is():
    asked = {name for name, one in SERVICES.items() if "healthcheck" in one and not one["healthcheck"].get("disable")}
    from_image = {"worker", "board"}  # the Dockerfile asks, at HEALTH_URL
    assert set(SERVICES) - asked - from_image == {"topics", "simulate"}
    assert all("HEALTH_URL" in SERVICES[name]["environment"] for name in from_image)


def test_grafana_is_provisioned_with_what_is_mounted():
    source = yaml.safe_load((ROOT / "grafana/provisioning/datasources/prometheus.yml").read_text(encoding="utf-8"))
    assert source["datasources"][0]["uid"] == "prometheus"
    scrape = yaml.safe_load((ROOT / "prometheus/prometheus.yml").read_text(encoding="utf-8"))["global"][
        "scrape_interval"
    ]
    assert source["datasources"][0]["jsonData"]["timeInterval"] == scrape

    provider = yaml.safe_load((ROOT / "grafana/provisioning/dashboards/crm-pulse.yml").read_text(encoding="utf-8"))
    inside = provider["providers"][0]["options"]["path"]
    assert f"./grafana/dashboards:{inside}:ro" in SERVICES["grafana"]["volumes"]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (ROOT / "grafana/dashboards" / Path(home).relative_to(inside)).is_file()


def test_promtool_accepts_the_configuration():
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (it comes with Debian's package prometheus)")
    done = subprocess.run(
        ["promtool", "check", "config", str(ROOT / "prometheus/prometheus.yml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_is_built_from_what_docker_may_see():
    """Everything that the Dockerfile copies is let through by .dockerignore."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        name.removeprefix("./")
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for name in line.split()[:-1]
    }
    allowed = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    assert copied
    assert copied <= allowed
    assert all((ROOT / name).exists() for name in copied)
    assert "STOPSIGNAL SIGTERM" in dockerfile
    assert re.search(r"^USER (?!root|0)", dockerfile, re.MULTILINE)
