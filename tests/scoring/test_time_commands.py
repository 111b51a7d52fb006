"""``mixed``, ``survival`` and ``trajectories`` on the command line: figures come out, bad files are named."""

import csv
import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scoring.__main__ import main
from tests.published.longitudinal import FOLDER, expected

ROOT = Path(__file__).parents[2]
VISITS = FOLDER / "longitudinal_input.csv"
SURGERY = FOLDER / "survival_input.csv"
RULES = ("--rule", "odi change >= 10", "--worse", "odi change <= -10", "--early", "m1,m3")


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path) -> Done:
    """Run a command within this process, as ``python -m scoring`` does."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(each) for each in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        out.flush()
    out.seek(0)
    return Done(code, out.read(), err.getvalue())


def test_the_commands_run_from_a_shell() -> None:
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "scoring",
        "mixed",
        str(VISITS),
        "--score",
        "odi",
        "--treated",
        "bmc",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "bmc minus control" in done.stdout


def document(*arguments: str | Path) -> dict[str, Any]:
    done = run(*arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


def refusal(*arguments: str | Path) -> str:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def sheet(folder: Path, text: str) -> Path:
    file = folder / "visits.csv"
    file.write_text(text, encoding="utf-8")
    return file


def visits(folder: Path, *lines: str) -> Path:
    return sheet(folder, "\n".join(["patient_id,arm,timepoint,odi", *lines, ""]))


def test_mixed_gives_the_figures_of_r() -> None:
    """R 4.2.2 nlme::gls (tests/published/longitudinal_expected.json)."""
    found, wanted = document("mixed", VISITS, "--score", "odi", "--treated", "bmc"), expected()["mixed_model"]
    assert (found["n_observations"], found["n_patients"]) == (wanted["n_observations"], wanted["n_patients"])
    assert found["reml_loglik"] == pytest.approx(wanted["reml_loglik"], abs=1e-3)
    assert found["df_method"] == "Satterthwaite"
    for each in ("m6", "m12"):
        for figure in ("estimate", "se"):
            assert found["bmc_minus_control"][each][figure] == pytest.approx(
                wanted["bmc_minus_control"][each][figure], abs=1e-3
            )
    assert list(found["residual_variances"].values()) == pytest.approx(
        wanted["residual_variances_m1_m3_m6_m12"], rel=1e-3
    )


def test_mixed_says_why_one_arm_has_no_difference(tmp_path: Path) -> None:
    text = VISITS.read_text(encoding="utf-8").replace(",bmc,", ",control,")
    found = run("mixed", sheet(tmp_path, text), "--score", "odi", "--reference", "control")
    assert "not estimable, because there is one arm only, control" in found.stdout


def test_survival_gives_the_figures_of_r() -> None:
    """R 4.2.2 survival::survfit (tests/published/longitudinal_expected.json)."""
    found = document("survival", SURGERY, "--time", "months", "--event", "surgery", "--arm", "arm", "--at", "12,24")
    wanted = expected()["survival_surgery_free"]
    assert found["interval"] == wanted["interval"]
    for time, figures in wanted["bmc"].items():
        assert found["arms"]["bmc"][time]["n_risk"] == figures["n_risk"]
        assert found["arms"]["bmc"][time]["survival"] == pytest.approx(figures["survival"], abs=1e-6)
        assert found["arms"]["bmc"][time]["ci"] == pytest.approx(figures["ci"], abs=1e-6)
    assert found["log_rank"]["chi2"] == pytest.approx(wanted["log_rank_chi2"], abs=1e-5)
    assert found["log_rank"]["p"] == pytest.approx(wanted["log_rank_p"], abs=1e-6)


def test_surgery_free_after_disc_injection(tmp_path: Path) -> None:
    """Pettine (clinical.md): 24, 21 and 20 of 26 are 92, 81 and 77 %, Wilson 58 to 89 %, from forms and dates."""
    operated = [f"{month}," for month in (6, 10, 15, 18, 22, 30)]
    file = sheet(tmp_path, "\n".join(["surgery_month,last_form", *operated, *[",36"] * 20, ""]))
    found = document("survival", file, "--event-time", "surgery_month", "--last-form", "last_form")["arms"]["all"]
    assert [round(100 * found[month]["survival"]) for month in ("12", "24", "36")] == [92, 81, 77]
    assert [round(100 * limit) for limit in found["36"]["wilson"]] == [58, 89]


def test_not_asked_is_not_none(tmp_path: Path) -> None:
    file = sheet(tmp_path, "months,surgery\n12,0\n12,0\n6,1\n12,\n")
    found = document("survival", file, "--time", "months", "--event", "surgery", "--at", "12")
    assert (found["not_asked"], found["arms"]["all"]["n"], found["arms"]["all"]["events"]) == (1, 3, 1)


def test_trajectories_give_shares_and_their_sentences() -> None:
    found = document("trajectories", VISITS, *RULES, "--arm", "arm", "--patients")
    assert found["classes"]["late"] == "odi change >= 10 at m12, and at none of m1, m3"
    for arm in ("bmc", "control"):
        counts = found["arms"][arm]
        total = sum(each["k"] for each in counts["classes"].values()) + sum(counts["not_evaluable"].values())
        assert total == counts["patients"] == 60
    early = [row["patient"] for row in found["patients"] if row["class"] == "early"]
    rows = list(csv.DictReader(io.StringIO(VISITS.read_text(encoding="utf-8"))))
    score = {(row["patient_id"], row["timepoint"]): float(row["odi"] or "nan") for row in rows}

    def better(patient: str, timepoint: str) -> bool:
        return score[patient, "baseline"] - score[patient, timepoint] >= 10

    patients = dict.fromkeys(row["patient_id"] for row in rows)
    assert early == [each for each in patients if better(each, "m12") and (better(each, "m1") or better(each, "m3"))]


def test_planted_courses_come_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    lines = []
    for patient in range(400):
        course = [20, 18, 18] if patient % 4 else [44, 43, 45]
        values = np.clip(np.round(np.array([45, *course]) + rng.normal(0, 4, 4)), 0, 100)
        lines += [
            f"P{patient},a,{name},{value:g}" for name, value in zip(("baseline", "m1", "m3", "m6"), values, strict=True)
        ]
    options = (*RULES[:4], "--early", "m1", "--mixture", "--classes", "1-3", "--seed", "1")
    found = document("trajectories", visits(tmp_path, *lines), *options)["mixture"]
    assert found["k"] == 2
    assert [each["share"] for each in found["classes"]] == pytest.approx([0.75, 0.25], abs=0.05)
    assert (found["seed"], found["warnings"]) == (1, [])


@pytest.mark.parametrize("command", ["mixed", "survival", "trajectories"])
def test_help_ends_with_an_example(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"example:\n  python -m scoring {command} " in done.stdout


@pytest.mark.parametrize("form", ["table", "csv"])
def test_tables_come_out_too(form: str) -> None:
    for command in (
        ("mixed", VISITS, "--score", "odi", "--treated", "bmc"),
        ("survival", SURGERY, "--time", "months", "--event", "surgery", "--arm", "arm"),
        ("trajectories", VISITS, *RULES),
    ):
        done = run(*command, "--format", form)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(done.stdout.splitlines()) > 5


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), "only a header"),
        (("P1,a,baseline,50", "P1,a,m1,40", "P1,a,m1,30"), "line 4: column patient_id, timepoint"),
        (("P1,a,baseline,50", "P1,b,m1,40"), "line 3: column arm: P1 is in b here and in a before"),
        (("P1,a,baseline,50", "P1,a,m1,101"), "line 3: column odi"),
        (("P1,a,baseline,50", "P1,a,m1,x"), "line 3: column odi: 'x' is not a number"),
        (("P1,a,baseline,50", "P1,a,,40"), "line 3: column timepoint: is empty"),
        (("P1,a,start,50", "P1,a,m1,40"), "Name the baseline with --baseline. Found: m1, start"),
        (("P1,a,baseline,50", "P1,a,w2,40", "P1,a,m1,40"), "Give it with --timepoints"),
        (("P1,a,baseline,50",), "baselines only"),
        (("P1,a,baseline,50", "P1,a,m1,40"), "Too few patients"),
    ],
)
def test_mixed_names_what_is_wrong(tmp_path: Path, lines: tuple[str, ...], words: str) -> None:
    assert words in refusal("mixed", visits(tmp_path, *lines), "--score", "odi", "--reference", "a")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--treated", "sham"), "no arm 'sham'. The arms are: bmc, control"),
        ((), "Say --treated ARM or --reference ARM"),
        (("--treated", "bmc", "--timepoints", "m1,m9"), "m9: no follow-up of that name"),
    ],
)
def test_mixed_names_the_option(options: tuple[str, ...], words: str) -> None:
    assert words in refusal("mixed", VISITS, "--score", "odi", *options)


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("months,surgery\n1,2\n", ("--time", "months", "--event", "surgery"), "line 2: column surgery: is neither 1"),
        ("months,surgery\n-1,1\n", ("--time", "months", "--event", "surgery"), "line 2: column months: is before 0"),
        ("months,surgery\n1,\n", ("--time", "months", "--event", "surgery"), "nobody has a follow-up time"),
        ("months,surgery\n", ("--time", "months", "--event", "surgery"), "nobody has a follow-up time"),
        (
            "months,surgery\n9,0\n,1\n",
            ("--time", "months", "--event", "surgery"),
            "line 3: column months: is empty, but surgery is 1",
        ),
        (
            "patient_id,months,surgery\nA,9,0\nB,9,0\nA,5,1\n",
            ("--time", "months", "--event", "surgery"),
            "line 4: column patient_id: 'A' stands on line 2",
        ),
        ("months,surgery\n1,1\n", ("--time", "months"), "either --time and --event"),
        ("months,surgery\n1,1\n", ("--time", "months", "--event", "surgery", "--at", "soon"), "not 'soon'"),
    ],
)
def test_survival_names_what_is_wrong(tmp_path: Path, text: str, options: tuple[str, ...], words: str) -> None:
    assert words in refusal("survival", sheet(tmp_path, text), *options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--rule", "odi better", *RULES[2:]), "is no rule"),
        ((*RULES[:4], "--early", "m12"), "Early timepoints are one or more of m1, m3, m6, not m12"),
        ((*RULES, "--mixture", "--classes", "many"), "--classes takes a number"),
        ((*RULES, "--score", "pain"), "column is missing: pain"),
    ],
)
def test_trajectories_name_what_is_wrong(options: tuple[str, ...], words: str) -> None:
    assert words in refusal("trajectories", VISITS, *options)
