"""The language server in a real Emacs, with Eglot and without a window."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from .editors import SILENCED, TASKS, place, play
from .lsp import COMMAND

EMACS = shutil.which("emacs")
EGLOT = "(progn (package-initialize) (require 'eglot))"
SCRIPT = """\
(require 'json)
(require 'flymake)
(setq make-backup-files nil auto-save-default nil create-lockfiles nil
      eglot-sync-connect 120 eglot-connect-timeout 120
      eglot-confirm-server-edits nil eglot-confirm-server-initiated-edits nil)
(dolist (mode '(python-mode python-base-mode))
  (add-to-list 'eglot-server-programs (cons mode (append COMMAND nil))))

(defvar said nil)
(defun say (key value) (push (cons key value) said))

(defun wait (what holds)
  (let ((until (+ (float-time) 120)))
    (while (not (funcall holds))
      (when (> (float-time) until)
        (say 'failed what)
        (finish))
      (accept-process-output nil 0.02))))

(defun finish ()
  (write-region (json-encode said) nil OUTPUT)
  (kill-emacs))

(defun messages (buffer)
  (with-current-buffer buffer
    (flymake-start)
    (sort (mapcar #'flymake-diagnostic-text (flymake-diagnostics)) #'string<)))

(defun told (buffer code)
  (lambda () (let ((found (messages buffer)))
               (if code (and found (string-match-p code (car found))) (null found)))))

(defun request (method params) (jsonrpc-request (eglot-current-server) method params :timeout 120))

(defun action (title)
  (goto-char (point-min))
  (search-forward "print")
  (seq-find (lambda (action) (string-prefix-p title (plist-get action :title)))
            (request :textDocument/codeAction
                     (list :textDocument (eglot--TextDocumentIdentifier)
                           :range (list :start (eglot--pos-to-lsp-position) :end (eglot--pos-to-lsp-position))
                           :context '(:diagnostics [])))))

(defun line () (buffer-substring-no-properties (line-beginning-position) (line-end-position)))

(find-file (expand-file-name "views.py" ROOT))
(setq views (current-buffer))
(call-interactively #'eglot)
(find-file (expand-file-name "tasks.py" ROOT))
(setq tasks (current-buffer))
(unless (eglot-managed-p) (eglot--maybe-activate-editing-mode))
(wait "a finding" (told tasks "CEL208"))
(let ((first (car (flymake-diagnostics))))
  (say 'place (list (flymake-diagnostic-beg first) (flymake-diagnostic-end first)))
  (say 'type (format "%s" (flymake-diagnostic-type first))))

(goto-char (point-min))
(search-forward "order")
(insert ", amount")
(eglot--signal-textDocument/didChange)
(wait "a finding in the other buffer" (told views "CEL504"))
(delete-char -8)
(eglot--signal-textDocument/didChange)
(wait "no finding in the other buffer" (told views nil))

(search-forward "print")
(say 'hover (plist-get (plist-get (request :textDocument/hover (eglot--TextDocumentPositionParams)) :contents) :kind))
(let ((text (buffer-string)))
  (eglot--apply-workspace-edit (plist-get (action "Log it") :edit) nil)
  (say 'repaired (progn (goto-char (point-min)) (search-forward "logger.info") (line)))
  (erase-buffer)
  (insert text))
(eglot--signal-textDocument/didChange)
(wait "the finding again" (told tasks "CEL208"))
(eglot--apply-workspace-edit (plist-get (action "Disable") :edit) nil)
(say 'silenced (progn (goto-char (point-min)) (search-forward "print") (line)))
(eglot--signal-textDocument/didChange)
(wait "no finding" (told tasks nil))
(eglot-shutdown (eglot-current-server) nil 60)
(say 'done t)
(finish)
"""


@cache
def has_eglot() -> bool:
    if EMACS is None:
        return False
    done = subprocess.run([EMACS, "--batch", "--eval", EGLOT], capture_output=True, timeout=120, check=False)
    return done.returncode == 0


pytestmark = pytest.mark.skipif(not has_eglot(), reason="there is no `emacs` with Eglot on PATH")


def run(root: Path) -> Any:
    output = root.parent / "said.json"
    script = root.parent / "script.el"
    values = {"OUTPUT": str(output), "ROOT": f"{root}/"}
    head = "".join(f"(setq {name} {json.dumps(value)})\n" for name, value in values.items())
    head += f"(setq COMMAND '({' '.join(json.dumps(part) for part in COMMAND)}))\n"
    script.write_text(f";; -*- lexical-binding: t -*-\n{EGLOT}\n{head}{SCRIPT}", "utf-8")
    assert EMACS is not None
    return play([EMACS, "--batch", "-l", str(script)], output, {"HOME": str(root.parent)})


def test_in_emacs(tmp_path: Path) -> None:
    said = run(place(tmp_path))
    start = TASKS.index("print(order)") + 1  # Emacs counts characters from 1
    assert said["place"] == [start, start + len("print(order)")]
    assert said["type"] == "eglot-warning"
    assert said["hover"] in ("markdown", "plaintext")
    assert said["repaired"].endswith('; logger.info("%s", order)')
    assert said["silenced"] == SILENCED
