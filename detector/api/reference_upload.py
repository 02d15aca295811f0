"""The route that takes a brand's pictures, one or many."""

import uuid
from collections.abc import Mapping

from fastapi import APIRouter, Request

from detector.api.catalogue_schemas import (
    PLAIN,
    RefusedPicture,
    TakenReference,
    UploadAnswer,
)
from detector.api.errors import InvalidRequest
from detector.api.match import FILE, body_of
from detector.api.permission import with_key
from detector.api.references import Writer, as_answer
from detector.api.service import Service, service_of
from detector.api.upload import (
    MAX_NAME_CHARS,
    ReceivedFile,
    ReceivedForm,
    receive_form,
    temporary_folder,
)
from detector.catalogue.brands import find_brand
from detector.catalogue.changes import ChangeLog
from detector.catalogue.formats.rows import IMAGE_RIGHTS, IMAGE_ROLES, MAX_ID_CHARS
from detector.catalogue.pictures import TakenPicture, take_picture
from detector.catalogue.products import find_product_named
from detector.catalogue.reference_changes import put_reference
from detector.catalogue.reference_list import view_references
from detector.errors import Busy, DetectorError, InvalidInput, StoreFault
from detector.images import read_image_bytes

MAX_PICTURES = 50
"""In one request; a ZIP of more goes to /imports."""
TEXTS = {
    "external_id": MAX_NAME_CHARS,
    "product_id": MAX_ID_CHARS,
    "role": 20,
    "rights": 20,
    "folder": MAX_NAME_CHARS,
}


router = APIRouter(
    prefix="/v1/brands/{brand_id}/references",
    tags=["references"],
    dependencies=[with_key],
)
UPLOAD = {
    "type": "object",
    "properties": {
        "image": {
            "type": "array",
            "items": FILE,
            "minItems": 1,
            "maxItems": MAX_PICTURES,
        },
        "external_id": {
            "type": "string",
            "maxLength": MAX_NAME_CHARS,
            "pattern": PLAIN,
            "description": "The brand's own name of the picture; its file name if "
            "absent. For a single picture only.",
        },
        "product_id": {
            "type": "string",
            "maxLength": MAX_ID_CHARS,
            "pattern": PLAIN,
            "description": "The brand's own id of the product that they show.",
        },
        "folder": {
            "type": "string",
            "maxLength": MAX_NAME_CHARS,
            "pattern": PLAIN,
            "description": "Put before each file name: `shoes/red` makes "
            "`shoes/red/front.jpg` of `front.jpg`. Not beside `external_id`.",
        },
        "role": {"type": "string", "enum": list(IMAGE_ROLES)},
        "rights": {"type": "string", "enum": list(IMAGE_RIGHTS)},
    },
    "required": ["image"],
    "additionalProperties": False,
}


@router.post(
    "",
    operation_id="upload_references",
    openapi_extra=body_of(**{"multipart/form-data": {"schema": UPLOAD}}),
)
async def upload_references(
    request: Request, caller: Writer, brand_id: str
) -> UploadAnswer:
    """Add pictures, or replace those of the same name; found by the next match.

    Pictures that cannot be taken are named with the reason, and the others are taken.
    """
    service = service_of(request)
    _ = service.engine  # refuse before the body is read while models are loading
    async with service.pool.place():
        name = uuid.uuid4().hex
        with temporary_folder(service.store.uploads_folder, name) as folder:
            form = await receive_form(
                request,
                folder,
                files={"image": MAX_PICTURES},
                texts=TEXTS,
                max_bytes=MAX_PICTURES * service.settings.max_image_bytes,
                timeout_s=service.settings.body_timeout_s,
            )
            _check(form)
            return await service.pool.run(lambda: _take_all(service, brand_id, form))


def _check(form: ReceivedForm) -> None:
    """Refuse what the whole upload cannot be."""
    pictures, texts = form.of_field("image"), form.texts
    wrong = None
    if not pictures:
        wrong = "The form has no field `image`."
    elif texts.get("role", "official") not in IMAGE_ROLES:
        wrong = f"{texts['role']!r} is no role: {', '.join(IMAGE_ROLES)}."
    elif texts.get("rights", "unknown") not in IMAGE_RIGHTS:
        wrong = f"{texts['rights']!r} is not one of {', '.join(IMAGE_RIGHTS)}."
    elif "external_id" in texts and len(pictures) > 1:
        wrong = "One external_id cannot name several pictures."
    elif "external_id" in texts and "folder" in texts:
        wrong = "An external_id is the whole name; there can be no folder before it."
    elif "external_id" not in texts and not all(p.name for p in pictures):
        wrong = "A picture has no file name, and there is no external_id."
    if wrong is not None:
        raise InvalidRequest(wrong, remedy="/openapi.json says what the form holds.")


def _name_of(file: ReceivedFile, texts: Mapping[str, str]) -> str:
    """Say what the brand calls a picture of an upload.

    Raises:
        InvalidInput: with its folder, the name is too long.
    """
    folder = texts.get("folder", "").strip("/")
    name = f"{folder}/{file.name}" if folder else file.name
    if len(name) > MAX_NAME_CHARS:
        raise InvalidInput(
            f"{name} has over {MAX_NAME_CHARS} characters with its folder.",
            remedy="Give the picture or its folders shorter names.",
        )
    return texts.get("external_id", name)


def _take_all(service: Service, brand_id: str, form: ReceivedForm) -> UploadAnswer:
    texts = form.texts
    with service.store.database.read() as session:
        find_brand(session, brand_id)
        shown = texts.get("product_id")
        product_ids = (
            []
            if shown is None
            else [find_product_named(session, brand_id=brand_id, external_id=shown).id]
        )
    taken: list[tuple[ReceivedFile, str, TakenPicture]] = []
    refused: list[RefusedPicture] = []
    extractor = service.engine.extractor
    for file in form.of_field("image"):
        try:
            name = _name_of(file, texts)
            data = read_image_bytes(file.path, limits=service.limits)
            taken.append((file, name, take_picture(service.store, extractor, data)))
        except (StoreFault, Busy):
            raise
        except DetectorError as error:
            detail = str(error.args[0]).replace(str(file.path), file.name or "It")
            refused.append(
                RefusedPicture(
                    file_name=file.name,
                    code=error.code,
                    detail=detail,
                    remedy=error.remedy,
                )
            )
    answers = []
    with service.store.database.write() as session:
        log = ChangeLog(session)
        for file, name, picture in taken:
            picture.save(session)
            row, outcome = put_reference(
                session,
                log,
                brand_id=brand_id,
                external_id=name,
                digest=picture.sha256,
                role=texts.get("role"),
                image_rights=texts.get("rights"),
                product_ids=product_ids,
            )
            (view,) = view_references(session, [row])
            answers.append(
                TakenReference(
                    file_name=file.name,
                    outcome=outcome.value,
                    reference=as_answer(view),
                )
            )
    return UploadAnswer(taken=answers, refused=refused)
