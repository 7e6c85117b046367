"""unpackSchemas.py FOLDER VERSION SHA256: unpacks the JSON schemas of that Kubernetes out of the wheel in FOLDER.

Fails when the wheel is not the one with that sum. Schemas lose their identifiers, which name a web site, and references
between them become relative: so kubeconform finds them in this folder.
"""

import hashlib
import json
import pathlib
import sys
import zipfile

folder, version, sha256 = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
[wheel] = folder.glob("*.whl")
found = hashlib.sha256(wheel.read_bytes()).hexdigest()
if found != sha256:
    sys.exit(f"{wheel.name} has the sum {found}, not {sha256}")

prefix = f"kubernetes_validate/kubernetes-json-schema/v{version}-local-strict/"
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if name.startswith(prefix) and name.endswith(".json"):
            text = archive.read(name).decode().replace('"/api/_definitions.json#', '"_definitions.json#')
            schema = json.loads(text)
            schema.pop("$id", None)
            (folder / name.removeprefix(prefix)).write_text(json.dumps(schema))
wheel.unlink()
