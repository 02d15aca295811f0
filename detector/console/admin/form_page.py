"""Pages with forms that the API may refuse."""

from fastapi import Request, Response

from detector.console.inner_api import ApiProblem
from detector.console.rendering import page
from detector.console.viewer import Viewer


def form_page(
    request: Request,
    template: str,
    *,
    viewer: Viewer,
    refused: ApiProblem | None,
    **values: object,
) -> Response:
    """Render a page with a form; again, with the reason, if it was refused.

    Args:
        request: that asked for it.
        template: path below `templates`.
        viewer: who looks.
        refused: by the API; None at first.
        values: what the template shows, such as what was typed.
    """
    return page(
        request,
        template,
        viewer=viewer,
        status=200 if refused is None else refused.status,
        problem=None if refused is None else refused.problem,
        **values,
    )
