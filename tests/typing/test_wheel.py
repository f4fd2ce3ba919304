"""What is installed is all of the package, and says that it is typed."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[2]


def test_the_wheel_has_every_module_and_the_mark_of_types(tmp_path):
    build = ["-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([sys.executable, *build, str(tmp_path)], cwd=ROOT, check=True)

    (wheel,) = tmp_path.glob("*.whl")
    shipped = {name for name in ZipFile(wheel).namelist() if "dist-info" not in name}
    package = ROOT / "nbparallel"
    modules = (*package.rglob("*.py"), *package.rglob("*.js"))
    wanted = {path.relative_to(ROOT).as_posix() for path in modules}
    assert shipped == wanted | {"nbparallel/py.typed"}
