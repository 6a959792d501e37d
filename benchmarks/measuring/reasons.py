"""Why goals are not met, and what it would take, by the kind of the goal."""

from __future__ import annotations

from typing import NamedTuple


class Reason(NamedTuple):
    """`of` are words that all goals of the kind have. Shares and figures are of separate runs on the projects of the
    page, with the profiler where they are shares."""

    of: tuple[str, ...]
    title: str
    why: str
    takes: str


REASONS = (
    Reason(
        ("flake8", "cold", "processor time"),
        "Processor time in flake8, the first time",
        "The first look at a project is work that flake8 does not do otherwise: about 1 s for kitsune, 2 s for saleor. "
        "39 % of it is reading facts (8 % Python's own parser, 3 % libcst's), 12 % packing them for the cache, 13 % "
        "imports (half of them libcst's), the rest rules and the names that they resolve; 55 to 60 % is Python code of "
        "our own, with no place that takes more than a few hundredths. 5 to 7 % is the search for files without a word "
        "of Celery that are between a transaction and what is sent in it. In a project without Celery it is a look "
        "through each text, some 0.05 s for django-oscar.",
        "Compiled code. With mypyc, 130 modules and the model rewritten for it, a run took 17 to 18 % less, for 14 MB "
        "more in each wheel, 5 minutes for each build, and errors that only show at run time. Bodies of functions left "
        "unread in modules that are read for their names only would save an estimated 6 to 8 %. Both together are "
        "about what is missing, but for django-oscar.",
    ),
    Reason(
        ("flake8", "warm", "processor time"),
        "Processor time in flake8, from the second time on",
        "What ours adds is a few hundredths of a second: less than two runs of flake8 alone differ by.",
        "More runs, on a machine whose speed does not change.",
    ),
    Reason(
        ("flake8", "memory"),
        "Memory in flake8, the first time",
        "While flake8 waits, another process looks at the whole project. Python, flake8, libcst and our rules take 37 "
        "MB of it before the first file is read, some of which the two share. The rest are facts and answers.",
        "Facts that are given back while rules still run, and then fewer modules. Today rules compare expressions by "
        "identity, so that what was unpacked has to stay.",
    ),
    Reason(
        ("our command, cold",),
        "Our command, the first time",
        "With two processes a third of the time is still one after the other: the start, the import of libcst, which "
        "modules make tasks, and the end. The rest is shared at a loss of a seventh, since both have to know the same "
        "answers about the project.",
        "The same as for flake8. To fork before libcst is imported would save an estimated 3 %. A pipeline of reading "
        "and importing, and rules shared out by what they ask, were tried and gained nothing.",
    ),
    Reason(
        ("our command", "a function"),
        "Our command after a function has changed",
        "Any rule may ask for any function in a file about Celery, by its name or by what it calls. So after one has "
        "changed, all files about Celery are asked anew, from facts in the cache.",
        "Each answer about the project kept on disk with what it was made of, under all rules. The language server "
        "keeps them in memory: there, an edit takes some 40 ms in saleor.",
    ),
    Reason(
        ("our command", "changed"),
        "Our command after another change",
        "Where nothing has changed, a run takes 0.05 to 0.1 s, half of it the start. After a change it also reads what "
        "rules have asked of the files, and writes what is known now: 0.01 to 0.02 s more. A file that was read for "
        "what is in it, though it has no word of Celery, is read again and compared: 0.04 s.",
        "What was asked kept in parts, so that only that of the changed file has to be read.",
    ),
    Reason(
        ("from an editor", "a function"),
        "A file from an editor, with a new function",
        "What the rules have to know of the project is found out for one file, too: which applications, settings and "
        "tasks there are, who calls what. Plain flake8 looks at nothing else than the file.",
        "As for a changed function: answers kept on disk. The language server has them in memory.",
    ),
    Reason(
        ("from an editor",),
        "A file from an editor, with a new constant",
        "To know that no other file has changed takes a look at each folder, a fifth of the time in a project of "
        "thousands of files; most of the rest is the start and imports, of Python's own modules and ours.",
        "A process that stays, as the language server does.",
    ),
)


def reason(goal: str) -> Reason | None:
    """The first reason whose words the goal has."""
    return next((reason for reason in REASONS if all(word in goal for word in reason.of)), None)
