"""The language server in a real Neovim, without a window."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from .editors import PRINTING, SILENCED, place, play
from .lsp import COMMAND

NEOVIM = shutil.which("nvim")
pytestmark = pytest.mark.skipif(NEOVIM is None, reason="`nvim` is not on PATH")

SCRIPT = """\
local said = {}

local function write()
  local file = io.open(OUTPUT, "w")
  file:write(vim.fn.json_encode(said))
  file:close()
end

local function wait(what, holds)
  if not vim.wait(120000, holds, 20) then
    said.failed = what
    write()
    vim.cmd("cquit")
  end
end

local function codes(buffer)
  local found = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
    table.insert(found, diagnostic.code)
  end
  return table.concat(found, " ")
end

local function request(method, params)
  local answers = vim.lsp.buf_request_sync(0, method, params, 120000)
  for _, answer in pairs(answers or {}) do
    return answer.result
  end
end

local started = vim.lsp.start_client({ name = "flake8-celery", cmd = COMMAND, root_dir = ROOT })
local function open(name)
  vim.cmd("edit " .. ROOT .. "/" .. name)
  vim.lsp.buf_attach_client(0, started)
  return vim.api.nvim_get_current_buf()
end

local views = open("views.py")
local tasks = open("tasks.py")
wait("a finding", function() return codes(tasks) == "CEL208" end)
local first = vim.diagnostic.get(tasks)[1]
said.first = {
  message = first.message, severity = first.severity, source = first.source,
  place = { first.lnum, first.col, first.end_lnum, first.end_col },
}

vim.api.nvim_buf_set_lines(tasks, 4, 5, false, { "def charge(order, amount):" })
wait("a finding in the other buffer", function() return codes(views) == "CEL504" end)
vim.api.nvim_buf_set_lines(tasks, 4, 5, false, { "def charge(order):" })
wait("no finding in the other buffer", function() return codes(views) == "" end)

vim.api.nvim_win_set_cursor(0, { 6, 20 })
local here = { textDocument = vim.lsp.util.make_text_document_params(), position = { line = 5, character = 20 } }
said.hover = request("textDocument/hover", here).contents.value

local range = { start = { line = 5, character = 20 }, ["end"] = { line = 5, character = 20 } }
local actions = request("textDocument/codeAction", {
  textDocument = here.textDocument, range = range, context = { diagnostics = {} },
})
for _, action in ipairs(actions) do
  if action.title == "Disable CEL208 for this line" then
    vim.lsp.util.apply_workspace_edit(action.edit, "utf-16")
  end
end
said.line = vim.api.nvim_buf_get_lines(tasks, 5, 6, false)[1]
wait("no finding", function() return codes(tasks) == "" end)

local client = vim.lsp.get_client_by_id(started)
said.attached = #vim.lsp.get_buffers_by_client_id(started)
vim.lsp.stop_client(started)
wait("the end of the server", function() return client.is_stopped and vim.lsp.get_client_by_id(started) == nil end)
said.done = true
write()
vim.cmd("qall!")
"""


def run(root: Path) -> Any:
    output = root.parent / "said.json"
    head = "".join(
        f"local {name} = vim.fn.json_decode({json.dumps(json.dumps(value))})\n"
        for name, value in (("OUTPUT", str(output)), ("ROOT", str(root)), ("COMMAND", list(COMMAND)))
    )
    script = root.parent / "script.lua"
    script.write_text(head + SCRIPT, "utf-8")
    assert NEOVIM is not None
    folders = {f"XDG_{name}_HOME": str(root.parent / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    bare = ("--headless", "-u", "NONE", "-i", "NONE", "-n")
    return play([NEOVIM, *bare, "-c", f"luafile {script}", "-c", "cquit"], output, folders)


def test_in_neovim(tmp_path: Path) -> None:
    said = run(place(tmp_path))
    first = said["first"]
    assert first["source"] == "flake8-celery"
    assert first["severity"] == 2  # vim.diagnostic.severity.WARN
    # Neovim counts bytes: the snake has four
    line = PRINTING.encode()
    start = line.index(b"print")
    assert first["place"] == [5, start, 5, len(line)]
    assert "print-in-task" in said["hover"]
    assert said["line"] == SILENCED
    assert said["attached"] == 2
