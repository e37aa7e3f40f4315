"""The manifest of trusted documents, from the file that the settings name. Read once, at the start."""

from api.checking import Finding
from api.settings import Settings
from schema.compiler.trusted import Manifest, ManifestError, parse_manifest

VARIABLE = "LUODI_TRUSTED_DOCUMENTS"


def read_manifest(settings: Settings) -> Manifest | None:
    """The manifest, None when the settings name none; its documents are not looked at. Raises ManifestError."""
    path = settings.trusted_documents
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: it cannot be read ({error}): correct {VARIABLE}.") from error
    return parse_manifest(text, str(path), only=settings.trusted_documents_only)


def check_manifest(settings: Settings) -> Manifest | None:
    """The manifest with every document held against the schema. Raises ManifestError.

    Before the service starts, so that a wrong document is one message and no traceback of each worker.
    """
    if settings.trusted_documents is None:
        return None
    # the schema takes a second to make: only who has a manifest waits for it
    from schema.access.visible import visible
    from schema.compiler.engine import Engine
    from schema.root import model

    manifest = read_manifest(settings)
    Engine(model(), visible, settings.limits, manifest)
    return manifest


def manifest_findings(settings: Settings) -> list[Finding]:
    """What `luodi check` says of the manifest: one line for each fault; nothing when there is no manifest."""
    try:
        manifest = check_manifest(settings)
    except ManifestError as error:
        mend = "make the manifest anew from the client of this schema"
        return [Finding(False, f"trusted documents: {fault}", mend) for fault in str(error).splitlines()]
    if manifest is None:
        return []
    said = "these and no others" if manifest.only else "others are answered too"
    return [Finding(True, f"trusted documents: {len(manifest.listed)} of {manifest.source}; {said}")]
