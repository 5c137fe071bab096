"""Settings: how a suite is run."""

from __future__ import annotations

from neurontest.settings.setting import Setting

RUNNING: tuple[Setting, ...] = (
    Setting(
        "run",
        "model",
        str,
        "smollm2-135m",
        "Built-in name, hub:org/name@revision, folder with safetensors, .gguf file, or python:package.module:factory",
        "suite",
    ),
    Setting(
        "run",
        "report",
        str,
        "reports/latest",
        "Folder that record.json, report.html, junit.xml, summary.md and the badges are written to",
        "person",
    ),
    Setting(
        "run",
        "sarif",
        str,
        "off",
        "Also write claims.sarif, the claims that did not pass as results of SARIF 2.1.0",
        "person",
        choices=("off", "on"),
    ),
    Setting(
        "run", "cache_dir", str, None, "Folder of models, traces and evidence (default: the user's cache)", "person"
    ),
    Setting(
        "run",
        "dtype",
        str,
        "float32",
        "Number format of the model",
        "person",
        choices=("float32", "bfloat16", "float16"),
    ),
    Setting("run", "device", str, "cpu", "Device of the model, as torch names it; auto: over all there are", "person"),
    Setting("run", "batch_size", int, 128, "Texts written side by side", "person", minimum=1),
    Setting(
        "run",
        "inconclusive",
        str,
        "fail",
        "What pytest makes of an inconclusive claim",
        "person",
        choices=("fail", "skip", "xfail"),
    ),
    Setting(
        "run",
        "vacuous",
        str,
        "warn",
        "What becomes of a claim that holds, and would also hold with prompts dealt to concepts at random;"
        " off: do not look",
        "person",
        choices=("warn", "fail", "off"),
    ),
    Setting(
        "run",
        "salmon",
        str,
        "off",
        "Also test every claim on a twin of the model with random weights",
        "person",
        choices=("off", "on"),
    ),
    Setting(
        "run",
        "tokens",
        int,
        3,
        "Texts of each concept that are read once more when all is tested, token by token, for the report to shade; 0:"
        " none",
        "person",
        minimum=0,
    ),
)
