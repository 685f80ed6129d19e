"""The compose set-up, Prometheus' and Grafana's files: valid, whole, and loopback only."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

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


def test_our_services_run_commands_that_exist():
    commands = {entry.name for entry in ENTRIES}
    assert {SERVICES[name]["command"][0] for name in OURS} <= commands
    assert {"topics", "worker", "board", "simulate"} == OURS


def test_our_services_use_settings_that_exist():
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {"HEALTH_URL"}
    used = {key for name in OURS for key in SERVICES[name]["environment"]}
    assert used <= known
    assert PREFIX + "BROKERS" in used


def test_only_the_demo_profile_simulates():
    assert {name: one["profiles"] for name, one in SERVICES.items() if "profiles" in one} == {"simulate": ["demo"]}


def test_prometheus_scrapes_every_role():
    config = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    assert set(jobs) == {"crm-pulse-board", "crm-pulse-worker"}
    assert jobs["crm-pulse-board"]["static_configs"][0]["targets"] == [f"board:{Settings().board_port}"]
    assert jobs["crm-pulse-worker"]["dns_sd_configs"][0]["port"] == Settings().worker_port


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
