"""The language server, asked by a real client over its standard streams."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from lsprotocol import types

from flake8_celery.rule import load

from .lsp import applied, editor
from .projects import write

pytestmark = pytest.mark.asyncio

TASKS = """\
from celery import shared_task


@shared_task
def charge(order):
    return order
"""
PRINTS = TASKS.replace("    return", "    print(order)\n    return")
VIEWS = """\
from shop.tasks import charge


def pay(request):
    charge.delay(1)
"""
COMPOSE = """\
services:
  worker:
    command: celery -A shop worker -B
  beat:
    command: celery -A shop beat
"""
PULL = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(diagnostic=types.DiagnosticClientCapabilities()),
    workspace=types.WorkspaceClientCapabilities(
        diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    ),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(
        tmp_path / "project",
        {
            "shop/__init__.py": "from .celery import app\n",
            "shop/celery.py": 'from celery import Celery\n\napp = Celery("shop", broker="redis://")\n',
            "shop/tasks.py": TASKS,
            "shop/views.py": VIEWS,
            "pyproject.toml": "[tool.flake8-celery]\nignore = ['CEL102', 'CEL401']\n",
        },
    )


def span(found: types.Diagnostic) -> tuple[int, int, int, int]:
    start, end = found.range.start, found.range.end
    return start.line, start.character, end.line, end.character


def edits_of(action: types.CodeAction, uri: str) -> Sequence[types.TextEdit]:
    assert action.edit is not None
    for change in action.edit.document_changes or ():
        if isinstance(change, types.TextDocumentEdit) and change.text_document.uri == uri:
            return [edit for edit in change.edits if isinstance(edit, types.TextEdit)]
    return (action.edit.changes or {}).get(uri, [])


async def test_says_what_it_finds_while_somebody_types(root: Path) -> None:
    async with editor(root) as here:
        here.open("shop/tasks.py")
        assert await here.codes("shop/tasks.py") == []
        here.change("shop/tasks.py", PRINTS)
        (found,) = await here.diagnostics("shop/tasks.py")
        assert found.code == "CEL208"
        assert span(found) == (5, 4, 5, 16)
        assert found.severity == types.DiagnosticSeverity.Warning
        assert found.source == "flake8-celery"
        assert found.code_description is not None
        assert found.code_description.href == load("CEL208").url
        assert found.code_description.href.startswith("file://")
        here.change("shop/tasks.py", TASKS)
        assert await here.codes("shop/tasks.py") == []
        assert here.logged == []


async def test_sees_other_buffers_before_they_are_saved(root: Path) -> None:
    async with editor(root) as here:
        here.open("shop/views.py")
        assert await here.codes("shop/views.py") == []
        here.open("shop/tasks.py")
        here.change("shop/tasks.py", TASKS.replace("(order)", "(order, amount)"))
        await here.until_codes("shop/views.py", ["CEL504"])
        last = here.latest("shop/views.py")
        assert last is not None
        assert last.version == 1
        here.close("shop/tasks.py")  # the buffer is gone, the file is as it was
        await here.until_codes("shop/views.py", [])


async def test_a_new_file_that_is_not_saved_belongs_to_the_project(root: Path) -> None:
    async with editor(root) as here:
        here.open("shop/views.py", VIEWS.replace("shop.tasks", "shop.more"))
        assert await here.codes("shop/views.py") == []
        here.open("shop/more.py", TASKS.replace("(order)", "(order, amount)"))
        await here.until_codes("shop/views.py", ["CEL504"])


@pytest.mark.parametrize(
    ("encodings", "chosen", "columns"),
    [
        (None, "utf-16", (17, 29)),
        (["utf-8", "utf-16"], "utf-8", (19, 31)),
        (["utf-32"], "utf-32", (16, 28)),
        (["utf-7"], "utf-16", (17, 29)),
    ],
)
async def test_counts_columns_as_agreed(
    root: Path, encodings: list[str] | None, chosen: str, columns: tuple[int, int]
) -> None:
    general = types.GeneralClientCapabilities(position_encodings=encodings)
    async with editor(root, types.ClientCapabilities(general=general)) as here:
        assert here.result is not None
        assert here.result.capabilities.position_encoding == chosen
        here.open("shop/tasks.py", TASKS.replace("    return", '    word = "\U0001f40d"; print(order)\n    return'))
        (found,) = await here.diagnostics("shop/tasks.py")
        assert span(found) == (5, columns[0], 5, columns[1])


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
async def test_knows_all_line_ends(root: Path, newline: str) -> None:
    async with editor(root) as here:
        here.open("shop/tasks.py", ("\f\n" + PRINTS).replace("\n", newline))
        (found,) = await here.diagnostics("shop/tasks.py")
        assert span(found) == (6, 4, 6, 16)


async def test_keeps_what_it_knows_while_the_text_does_not_parse(root: Path) -> None:
    async with editor(root) as here:
        here.open("shop/views.py")
        here.open("shop/tasks.py", PRINTS)
        assert await here.codes("shop/tasks.py") == ["CEL208"]
        here.change("shop/tasks.py", "def (\n" + PRINTS)
        (found,) = await here.diagnostics("shop/tasks.py")
        assert span(found) == (6, 4, 6, 16)
        here.change("shop/tasks.py", PRINTS)
        assert await here.codes("shop/tasks.py") == ["CEL208"]
        assert await here.codes("shop/views.py") == []


async def test_drops_what_is_late(root: Path) -> None:
    async with editor(root) as here:
        here.open("shop/tasks.py")
        for count in range(30):
            here.change("shop/tasks.py", PRINTS + "#" * count)
        here.change("shop/tasks.py", TASKS)
        assert await here.codes("shop/tasks.py") == []
        versions = [p.version for p in here.published if p.uri == here.uri("shop/tasks.py")]
        assert versions == sorted({version for version in versions if version is not None})


async def test_the_client_may_pull(root: Path) -> None:
    async with editor(root, PULL) as here:
        here.open("shop/tasks.py", PRINTS)
        here.open("shop/views.py")
        first = await here.pull("shop/tasks.py")
        assert isinstance(first, types.RelatedFullDocumentDiagnosticReport)
        assert [found.code for found in first.items] == ["CEL208"]
        again = await here.pull("shop/tasks.py", first.result_id)
        assert isinstance(again, types.RelatedUnchangedDocumentDiagnosticReport)
        here.change("shop/tasks.py", TASKS)
        other = await here.pull("shop/tasks.py", first.result_id)
        assert isinstance(other, types.RelatedFullDocumentDiagnosticReport)
        assert other.items == ()
        assert isinstance(await here.pull("shop/views.py"), types.RelatedFullDocumentDiagnosticReport)
        here.change("shop/tasks.py", TASKS.replace("(order)", "(order, amount)"))
        await here.until(lambda: here.refreshed > 0)
        views = await here.pull("shop/views.py")
        assert isinstance(views, types.RelatedFullDocumentDiagnosticReport)
        assert [found.code for found in views.items] == ["CEL504"]
        assert here.published == []


async def test_a_client_that_pulls_but_cannot_be_told_to_is_sent_what_is_found(root: Path) -> None:
    async with editor(root, "neovim") as here:
        assert here.result is not None
        assert here.result.capabilities.diagnostic_provider is None
        here.open("shop/tasks.py", PRINTS)
        assert await here.codes("shop/tasks.py") == ["CEL208"]


async def test_offers_repairs_and_noqa(root: Path) -> None:
    async with editor(root, "visual_studio_code") as here:
        here.open("shop/tasks.py", PRINTS)
        (found,) = await here.diagnostics("shop/tasks.py")
        actions = await here.actions("shop/tasks.py", found.range)
        (silence,) = [action for action in actions if action.title == "Disable CEL208 for this line"]
        edits = edits_of(silence, here.uri("shop/tasks.py"))
        text = applied(PRINTS, edits)
        assert text == PRINTS.replace("print(order)", "print(order)  # noqa: CEL208")
        here.change("shop/tasks.py", text)
        assert await here.codes("shop/tasks.py") == []
        assert await here.actions("shop/tasks.py", types.Range(types.Position(0, 0), types.Position(0, 0))) == []


async def test_repairs(root: Path) -> None:
    async with editor(root, "visual_studio_code") as here:
        here.open("shop/tasks.py", PRINTS)
        (found,) = await here.diagnostics("shop/tasks.py")
        (fix,) = [action for action in await here.actions("shop/tasks.py", found.range) if action.is_preferred]
        assert fix.diagnostics is not None
        assert [about.code for about in fix.diagnostics] == ["CEL208"]
        text = applied(PRINTS, edits_of(fix, here.uri("shop/tasks.py")))
        assert "print(" not in text
        everywhere = types.Range(types.Position(0, 0), types.Position(99, 0))
        (every,) = await here.actions("shop/tasks.py", everywhere, ["source.fixAll"])
        assert every.kind == "source.fixAll.flake8-celery"
        if every.edit is None:
            every = await here.client.code_action_resolve_async(every)
        assert applied(PRINTS, edits_of(every, here.uri("shop/tasks.py"))) == text
        # the attempts leave nothing behind
        here.change("shop/tasks.py", PRINTS + "\n")
        assert await here.codes("shop/tasks.py") == ["CEL208"]
        here.change("shop/tasks.py", text)
        assert await here.codes("shop/tasks.py") == []


async def test_a_repair_does_not_undo_what_is_typed_meanwhile(root: Path) -> None:
    everywhere = types.Range(types.Position(0, 0), types.Position(99, 0))
    path = "shop/tasks.py"
    async with editor(root, "visual_studio_code") as here:
        here.open(path, PRINTS)
        assert await here.codes(path) == ["CEL208"]
        (every,) = await here.actions(path, everywhere, ["source.fixAll"])
        for pause in range(12):  # the change comes before, while and after the answer is made
            every.edit = None
            here.change(path, PRINTS)
            assert await here.codes(path) == ["CEL208"]
            resolving = asyncio.ensure_future(here.client.code_action_resolve_async(every))
            asking = asyncio.ensure_future(here.actions(path, everywhere))
            await asyncio.sleep(pause * 0.002)
            typed = "# typed\n" + PRINTS
            here.change(path, typed)
            for action in [await resolving, *await asking]:
                for edit in (action.edit.document_changes if action.edit is not None else None) or ():
                    assert isinstance(edit, types.TextDocumentEdit)
                    if edit.text_document.version == here.versions[path]:
                        text = applied(typed, edits_of(action, here.uri(path)))
                        assert text.startswith("# typed\nfrom celery ")
                        compile(text, path, "exec")


async def test_repairs_nothing_while_the_text_does_not_parse(root: Path) -> None:
    async with editor(root, "visual_studio_code") as here:
        here.open("shop/tasks.py", PRINTS)
        assert await here.codes("shop/tasks.py") == ["CEL208"]
        here.change("shop/tasks.py", PRINTS + "def (\n")
        assert await here.codes("shop/tasks.py") == ["CEL208"]
        everywhere = types.Range(types.Position(0, 0), types.Position(99, 0))
        found = [*await here.actions("shop/tasks.py", everywhere, ["quickfix", "source.fixAll"])]
        resolved = [a if a.edit else await here.client.code_action_resolve_async(a) for a in found]
        assert [action.title for action in resolved if action.edit is not None] == []


async def test_shows_the_page_of_a_rule(root: Path) -> None:
    async with editor(root) as here:
        here.open("shop/tasks.py", PRINTS.replace("return order", "return order  # noqa: E501,CEL401"))
        await here.diagnostics("shop/tasks.py")
        page = await here.hover("shop/tasks.py", 5, 6)
        assert page is not None
        assert "print-in-task" in page
        assert load("CEL208").how in page
        named = await here.hover("shop/tasks.py", 6, 34)
        assert named is not None
        assert load("CEL401").name in named
        assert await here.hover("shop/tasks.py", 0, 0) is None


@pytest.mark.parametrize(
    ("formats", "kind"),
    [
        (None, types.MarkupKind.Markdown),
        ([types.MarkupKind.PlainText], types.MarkupKind.PlainText),
        ([types.MarkupKind.PlainText, types.MarkupKind.Markdown], types.MarkupKind.PlainText),
        ([types.MarkupKind.Markdown, types.MarkupKind.PlainText], types.MarkupKind.Markdown),
    ],
)
async def test_a_hover_is_of_the_kind_that_the_client_prefers(
    root: Path, formats: list[types.MarkupKind] | None, kind: types.MarkupKind
) -> None:
    hover = types.HoverClientCapabilities(content_format=formats)
    able = types.ClientCapabilities(text_document=types.TextDocumentClientCapabilities(hover=hover))
    async with editor(root, able) as here:
        here.open("shop/tasks.py", PRINTS)
        document = types.TextDocumentIdentifier(here.uri("shop/tasks.py"))
        found = await here.client.text_document_hover_async(types.HoverParams(document, types.Position(5, 6)))
        assert found is not None
        assert isinstance(found.contents, types.MarkupContent)
        assert found.contents.kind == kind
        assert "print-in-task" in found.contents.value


async def test_reads_deployment_files_too(root: Path) -> None:
    (root / "compose.yaml").write_text(COMPOSE)
    async with editor(root) as here:
        here.open("compose.yaml", language="dockercompose")
        (found,) = await here.diagnostics("compose.yaml")
        assert found.code == "CEL703"
        assert span(found)[0] == 2
        fix, disable = await here.actions("compose.yaml", found.range)
        assert fix.title == "Start no beat in the worker (unsafe)"
        repaired = COMPOSE.replace(" -B", "")
        assert applied(COMPOSE, edits_of(fix, here.uri("compose.yaml"))) == repaired
        assert await here.actions("compose.yaml", found.range, ["source.fixAll"]) == []  # none of them is safe
        here.change("compose.yaml", repaired)
        assert await here.codes("compose.yaml") == []
        assert disable.title == "Disable CEL703 for this line"
        silenced = applied(COMPOSE, edits_of(disable, here.uri("compose.yaml")))
        assert silenced == COMPOSE.replace(
            "    command: celery -A shop worker", "    # noqa: CEL703\n    command: celery -A shop worker"
        )
        here.change("compose.yaml", silenced)
        assert await here.codes("compose.yaml") == []


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
async def test_disables_a_finding_in_a_deployment_file(root: Path, newline: str) -> None:
    text = ("\ufeffbeat: celery -A shop beat\n# noqa: CEL999\nworker: celery -A shop worker -B\n").replace(
        "\n", newline
    )
    (root / "Procfile").write_bytes(text.encode())
    async with editor(root) as here:
        here.open("Procfile", language="plaintext")
        (found,) = await here.diagnostics("Procfile")
        (disable,) = [a for a in await here.actions("Procfile", found.range) if a.title.startswith("Disable")]
        edits = edits_of(disable, here.uri("Procfile"))
        assert applied(text, edits) == text.replace("# noqa: CEL999", "# noqa: CEL999, CEL703")
        here.change("Procfile", applied(text, edits))
        assert await here.codes("Procfile") == []


async def test_follows_files_on_the_disk(root: Path) -> None:
    async with editor(root, "visual_studio_code") as here:
        await here.until(lambda: bool(here.registered))
        assert here.registered[0].method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        here.open("shop/views.py")
        assert await here.codes("shop/views.py") == []
        tasks = root / "shop" / "tasks.py"
        tasks.write_text(TASKS.replace("(order)", "(order, amount)"))
        here.tell("shop/tasks.py")
        await here.until_codes("shop/views.py", ["CEL504"])
        tasks.rename(root / "shop" / "jobs.py")
        renamed = types.FileRename(here.uri("shop/tasks.py"), here.uri("shop/jobs.py"))
        here.client.workspace_did_rename_files(types.RenameFilesParams([renamed]))
        await here.until_codes("shop/views.py", [])
        here.change("shop/views.py", VIEWS.replace("shop.tasks", "shop.jobs"))
        assert await here.codes("shop/views.py") == ["CEL504"]
        (root / "shop" / "jobs.py").unlink()
        here.tell("shop/jobs.py", kind=types.FileChangeType.Deleted)
        await here.until_codes("shop/views.py", [])


async def test_follows_the_configuration(root: Path) -> None:
    async with editor(root) as here:
        here.open("shop/tasks.py", PRINTS)
        assert await here.codes("shop/tasks.py") == ["CEL208"]
        here.save("pyproject.toml", "[tool.flake8-celery]\nignore = ['CEL102', 'CEL208', 'CEL401']\n")
        await here.until_codes("shop/tasks.py", [])
        here.save("pyproject.toml", "[tool.flake8-celery]\nignroe = []\n")
        await here.until(lambda: bool(here.shown))
        (message,) = here.shown
        assert "pyproject.toml" in message
        assert "unknown key `ignroe`, did you mean `ignore`?" in message
        here.change("shop/tasks.py", PRINTS + "\n")
        assert await here.codes("shop/tasks.py") == []  # the last good one
        here.save("pyproject.toml", "[tool.flake8-celery]\nignore = ['CEL102', 'CEL401']\n")
        await here.until_codes("shop/tasks.py", ["CEL208"])
        assert len(here.shown) == 1


async def test_starts_with_a_broken_configuration(root: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.flake8-celery")
    async with editor(root) as here:
        here.open("shop/tasks.py", PRINTS)
        assert "CEL208" in await here.codes("shop/tasks.py")
        assert len(here.shown) == 1


async def test_takes_settings_of_the_client(root: Path) -> None:
    async with editor(root, options={"extendSelect": ["CEL901"], "ignore": ["CEL208"]}) as here:
        here.open("shop/tasks.py", PRINTS)
        assert await here.codes("shop/tasks.py") == ["CEL901"]
    async with editor(root, options={"ignore": ["CEL0815"]}) as here:
        here.open("shop/tasks.py", PRINTS)
        assert await here.codes("shop/tasks.py") == ["CEL208"]
        assert "`ignore`: no rule's code begins with `CEL0815`" in here.shown[0]


async def test_serves_several_folders(root: Path, tmp_path: Path) -> None:
    second = write(tmp_path / "second", {"jobs.py": PRINTS, "pyproject.toml": "[tool.flake8-celery]\nselect=['CEL9']"})
    async with editor(root) as here:
        here.open("shop/tasks.py", PRINTS)
        here.open("../second/jobs.py")
        assert await here.codes("shop/tasks.py") == ["CEL208"]
        assert set(await here.codes("../second/jobs.py")) <= {f"CEL9{n:02}" for n in range(100)}
        event = types.WorkspaceFoldersChangeEvent([types.WorkspaceFolder(second.as_uri(), "second")], [])
        here.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        here.change("shop/tasks.py", TASKS)
        assert await here.codes("shop/tasks.py") == []


async def test_other_documents_are_none_of_its_business(root: Path) -> None:
    async with editor(root) as here:
        item = types.TextDocumentItem("untitled:Untitled-1", "python", 1, PRINTS)
        here.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        here.open("README.md", "# shop\n", language="markdown")
        here.open("shop/tasks.py", PRINTS)
        assert await here.codes("shop/tasks.py") == ["CEL208"]
        assert await here.codes("README.md") == []
        assert here.logged == []
