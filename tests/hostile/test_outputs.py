"""Output folders and files that do not want to be written (CORRECTNESS.md section 4, rows 72 and 73)."""

import errno
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.results.folder import Folder
from sim.results.wholefile import BadOutput, canonical_json, write_text
from sim.scenario.errors import BadInput

MANIFEST = {"versions": {"georep": "0"}, "files": {"manifest.json": "", "summary.json": "", "old.svg": ""}}


def fill(**files):
    """Write files into a folder; the manifest as a result has it."""

    def write(folder):
        for name, text in files.items():
            (folder / name.replace("_", ".")).write_text(text)
        (folder / "manifest.json").write_text(json.dumps(MANIFEST))

    return write


def held(folder):
    return {file.name: file.read_text() for file in folder.iterdir() if file.is_file()}


def earlier_result(folder):
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    (folder / "summary.json").write_text("old")
    (folder / "old.svg").write_text("old")
    return folder


def test_a_missing_folder_is_made_before_the_run(tmp_path):
    with Folder(tmp_path / "a" / "b") as folder:
        assert folder.path.is_dir()
        folder.put(fill(summary_json="new"))
    assert held(tmp_path / "a" / "b") == {"summary.json": "new", "manifest.json": json.dumps(MANIFEST)}


def test_a_run_that_fails_leaves_no_folder_behind(tmp_path):
    with pytest.raises(ZeroDivisionError), Folder(tmp_path / "a" / "b"):
        raise ZeroDivisionError
    assert not (tmp_path / "a").exists()


def test_a_run_that_fails_leaves_an_empty_folder_that_was_there(tmp_path):
    with Folder(tmp_path):
        pass
    assert held(tmp_path) == {}


def test_an_earlier_result_is_replaced_and_its_old_charts_go(tmp_path):
    old = earlier_result(tmp_path / "r")
    (old / "notes.txt").write_text("mine")
    with Folder(old) as folder:
        assert held(old)["summary.json"] == "old", "nothing changes before the end"
        folder.put(fill(summary_json="new"))
    assert held(old) == {"summary.json": "new", "manifest.json": json.dumps(MANIFEST), "notes.txt": "mine"}


@pytest.mark.parametrize(
    "manifest", [None, "{}", "[]", "nonsense", '{"versions": null}', '{"versions": {"other": 1}}', "\0"]
)
def test_a_folder_of_somebody_else_is_left_alone(tmp_path, manifest):
    (tmp_path / "thesis.tex").write_text("ten years")
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    before = held(tmp_path)
    with pytest.raises(BadOutput, match=r"holds .*thesis.tex.* no result of georep"), Folder(tmp_path):
        pass
    assert held(tmp_path) == before


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "r").write_text("x")
    with pytest.raises(BadOutput, match="is a file"), Folder(tmp_path / "r"):
        pass
    with pytest.raises(BadOutput, match="is a file"), Folder(tmp_path / "r" / "deeper"):
        pass


def test_a_dangling_link_is_no_folder(tmp_path):
    (tmp_path / "r").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadOutput, match="r: "), Folder(tmp_path / "r"):
        pass


def test_a_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(BadOutput, match="too long"), Folder(tmp_path / ("x" * 300)):
        pass


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_a_file_system_that_cannot_be_written_is_refused():
    with pytest.raises(BadOutput, match=r"/proc/results: "), Folder(Path("/proc/results")):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path):
    (tmp_path / "r").mkdir(mode=0o500)
    with pytest.raises(BadOutput, match="permission denied"), Folder(tmp_path / "r"):
        pass


def full_disk(folder):
    (folder / "summary.json").write_text("new")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder / "series.parquet"))


def test_a_full_disk_leaves_the_earlier_result_untouched(tmp_path):
    old = earlier_result(tmp_path / "r")
    before = held(old)
    with pytest.raises(BadOutput) as caught, Folder(old) as folder:
        folder.put(full_disk)
    assert str(caught.value) == (
        f"{old}/series.parquet: no space left on device; nothing was written, the earlier result is untouched"
    )
    assert held(old) == before


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    with pytest.raises(BadOutput, match=r"nothing was written$"), Folder(tmp_path / "r") as folder:
        folder.put(full_disk)
    assert held(tmp_path) == {}


LIMITED = """
import resource, sys
from pathlib import Path
from sim.results.folder import Folder
from sim.results.wholefile import BadOutput
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
def write(folder):
    (folder / "manifest.json").write_text("{}")
    (folder / "series.parquet").write_bytes(bytes(100_000))
try:
    with Folder(Path(sys.argv[1])) as folder:
        folder.put(write)
except BadOutput as fault:
    print(fault)
"""


def test_a_real_limit_of_the_system_leaves_the_earlier_result_untouched(tmp_path):
    old = earlier_result(tmp_path / "r")
    before = held(old)
    done = subprocess.run([sys.executable, "-c", LIMITED, str(old)], capture_output=True, text=True, check=True)
    assert "file too large; nothing was written, the earlier result is untouched" in done.stdout
    assert held(old) == before


def test_a_sync_that_fails_is_a_write_that_fails(tmp_path, monkeypatch):
    def refuse(handle):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    old = earlier_result(tmp_path / "r")
    before = held(old)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(BadOutput, match="input/output error; nothing was written"), Folder(old) as folder:
        folder.put(fill(summary_json="new"))
    assert held(old) == before


def test_what_a_killed_process_left_is_swept_away(tmp_path):
    (tmp_path / ".georep-1234").mkdir()
    (tmp_path / ".georep-1234" / "summary.json").write_text("half")
    with Folder(tmp_path) as folder:
        folder.put(fill(summary_json="new"))
    assert sorted(held(tmp_path)) == ["manifest.json", "summary.json"]


def test_two_runs_do_not_write_into_one_folder(tmp_path):
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(BadOutput, match="another georep is writing here"), Folder(tmp_path):
        pass
    os.close(handle)
    with Folder(tmp_path):
        pass


def test_a_folder_where_a_file_should_go_stops_everything(tmp_path):
    old = earlier_result(tmp_path / "r")
    (old / "summary.json").unlink()
    (old / "summary.json").mkdir()
    with pytest.raises(BadOutput, match=r"summary.json: a folder lies where a file should go"), Folder(old) as folder:
        folder.put(fill(summary_json="new"))


def test_a_manifest_cannot_have_files_deleted_elsewhere(tmp_path):
    """The list of an earlier result's files is input too: names only, never paths."""
    (tmp_path / "precious").write_text("x")
    old = tmp_path / "r"
    old.mkdir()
    manifest = {"versions": {"georep": "0"}, "files": {"../precious": "", str(tmp_path / "precious"): "", "..": ""}}
    (old / "manifest.json").write_text(json.dumps(manifest))
    with Folder(old) as folder:
        folder.put(fill(summary_json="new"))
    assert (tmp_path / "precious").exists()


def test_a_text_file_is_there_whole_or_not_at_all(tmp_path):
    write_text(tmp_path / "a.json", "one")
    write_text(tmp_path / "a.json", "two")
    assert held(tmp_path) == {"a.json": "two"}
    with pytest.raises(BadOutput, match="exists already"):
        write_text(tmp_path / "a.json", "three", overwrite=False)
    with pytest.raises(BadOutput, match="does not exist"):
        write_text(tmp_path / "missing" / "a.json", "x")
    with pytest.raises(BadOutput, match=r"directory|folder"):
        write_text(tmp_path, "x")
    assert held(tmp_path) == {"a.json": "two"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_is_named():
    with pytest.raises(BadInput, match="/dev/full: no space left on device"):
        write_text(Path("/dev/full"), "x")


def test_json_is_canonical_and_knows_no_nan():
    assert canonical_json({"b": 1, "a": "é"}) == '{\n  "a": "\\u00e9",\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"a": float("nan")})
