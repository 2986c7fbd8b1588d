"""Which cases the files of this folder must have: each method of the API with each kind of case.

The methods are those of the table of routes (engine/api/route.c) below /v1. A case says which it
shows, with `shows METHOD PATH: KIND, KIND`; what cannot be is listed in `exemptions`, with a reason.
"""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
ROUTES = os.path.join(HERE, "../../engine/api/route.c")
KINDS = ("ok", "missing", "malformed", "wrong state", "concurrent")
LOCATION = "/v1/projects/{project}/locations/{location}"


def whole(template):
    """A path with {L} for the location written out."""
    return template.replace("{L}", LOCATION)


def short(template):
    return template.replace(LOCATION, "{L}")


def plain(target):
    """The path of a request as the table of routes has it."""
    path = target.split("?")[0]
    return re.sub("^/(v1beta1|ui)/", "/v1/", path)


def expression(template, is_loose):
    """What matches the paths that a template stands for; is_loose: also those with broken segments."""
    parts = re.split(r"(\{\w+\})", template)
    word = "[^/]*" if is_loose else "[^/:]+"
    return re.compile("".join(word if part.startswith("{") else re.escape(part) for part in parts))


def routes():
    """(method, path) of the table."""
    with open(ROUTES, encoding="utf-8") as file:
        text = file.read()
    words = dict(re.findall(r'#define (\w+) (.*)', text))

    def written(expression):
        pieces = re.findall(r'"([^"]*)"|(\w+)', expression)
        return "".join(text if text else written(words[word]) for text, word in pieces)

    rows = re.findall(r'\{ "([A-Z]+)",\s*((?:\w+ )?(?:"[^"]*"|\w+)),\s*\w+\s*\}', text)
    return [(method, written(path)) for method, path in rows if written(path).startswith("/v1/")]


def exemptions():
    """(method, path, kind) of what is not to be shown. Each line has a reason; a line without one, or
    about a method that there is not, is a fault."""
    known = set(routes())
    exempt, faults = set(), []
    with open(os.path.join(HERE, "exemptions"), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            match = re.fullmatch(r"([A-Z]+) (\S+): ([a-z, ]+) - \S.*", line.strip())
            kinds = match.group(3).split(", ") if match else []
            if not match or (match.group(1), whole(match.group(2))) not in known or set(kinds) - set(KINDS):
                faults.append(f"FAILED matrix: exemptions:{number}: {line.strip()}")
            exempt.update((match.group(1), whole(match.group(2)), kind) for kind in kinds)
    return exempt, faults


def gaps(shown):
    """A line for each case that is missing, and for each exemption of a case that there is."""
    exempt, faults = exemptions()
    for method, path in routes():
        for kind in KINDS:
            case = (method, path, kind)
            if case in shown and case in exempt:
                faults.append(f"FAILED matrix: {method} {short(path)}: {kind}: is shown, and exempt")
            if case not in shown and case not in exempt:
                faults.append(f"FAILED matrix: {method} {short(path)}: {kind}: no case shows it")
    return faults
