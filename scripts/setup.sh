#!/usr/bin/env bash
# Installs the Debian packages and a virtual environment, and builds what a user runs. Safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
while read -r package; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done <scripts/packages.txt
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo "error: packages: missing ${missing[*]}; install them with: apt-get install ${missing[*]}" >&2
    exit 2
  fi
  as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
  as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

python=$(command -v python3.11 || command -v python3)
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "error: python3: $("$python" --version) is too old; install 3.11 or newer" >&2
  exit 2
}
[ -x .venv/bin/python ] || "$python" -m venv .venv
stamp=.venv/requirements.sha256
want=$(sha256sum scripts/requirements*.txt)
installing=
pip_install() { .venv/bin/pip install -q --disable-pip-version-check "$@"; }
if [ "$(cat $stamp 2>/dev/null)" != "$want" ]; then
  pip_install "$(grep '^pybind11==' scripts/requirements.txt)"
  # The build needs no more, so the rest is installed beside it. torch first and alone: a later range that it satisfies then installs nothing larger.
  (pip_install "$(grep '^torch==' scripts/requirements.txt)"
   pip_install -r scripts/requirements.txt
   pip_install --no-deps -r scripts/requirements-nodeps.txt) & installing=$!
  trap 'wait' EXIT
fi

cmake --preset default -DPython_EXECUTABLE="$PWD/.venv/bin/python" -DPython3_EXECUTABLE="$PWD/.venv/bin/python" >build-configure.log 2>&1 || { cat build-configure.log >&2; exit 2; }
rm -f build-configure.log
cmake --build build --target user
if [ -n "$installing" ]; then
  wait "$installing"
  echo "$want" >$stamp
fi

site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo "$PWD/build/python" >"$site/garam.pth"
cat >.venv/bin/garam <<SCRIPT
#!$PWD/.venv/bin/python
import sys
from garam.cli import main
sys.exit(main())
SCRIPT
chmod +x .venv/bin/garam
