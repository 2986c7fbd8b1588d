"""Judges recorded answers of the JSON storage API by the resources that Google documents for it.

    fault = judge(exchange)     None, or what is wrong with the answer to one of the paths that is_storage() knows

There are no generated types for them, so the members are listed here. Integers of 64 bits are strings,
times are of milliseconds in UTC, hashes are base64 of as many bytes as they have.
"""

import base64
import json
import re
import urllib.parse

PATHS = re.compile(r"/(?:upload/|download/|batch/)?storage/|/b(?:/|$)")
DIGITS = re.compile(r"\d+$")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


def is_digits(value):
    return isinstance(value, str) and bool(DIGITS.match(value))


def is_text(value):
    return isinstance(value, str)


def is_time(value):
    return is_text(value) and bool(TIME.match(value))


def is_hash(size):
    return lambda value: is_text(value) and len(base64.b64decode(value, validate=True)) == size


def is_list_of(kind):
    return lambda value: isinstance(value, list) and value and not any(fault_of(one, kind) for one in value)


def is_map(value):
    return isinstance(value, dict) and all(map(is_text, value.values()))


# Of each kind what it must have, and what it may have besides.
KINDS = {
    "storage#object": (
        {"id": is_text, "name": is_text, "bucket": is_text, "size": is_digits, "generation": is_digits,
         "metageneration": is_digits, "etag": is_text, "timeCreated": is_time, "updated": is_time,
         "storageClass": is_text, "selfLink": is_text, "mediaLink": is_text},
        # Hashes of a file that a trial wrote are there once somebody has read it.
        {"crc32c": is_hash(4), "md5Hash": is_hash(16), "contentType": is_text, "contentEncoding": is_text,
         "cacheControl": is_text, "contentDisposition": is_text, "contentLanguage": is_text, "metadata": is_map,
         "customTime": is_time, "timeStorageClassUpdated": is_time, "timeFinalized": is_time,
         "componentCount": lambda count: count > 0}),
    "storage#bucket": (
        {"id": is_text, "name": is_text, "etag": is_text, "timeCreated": is_time, "updated": is_time,
         "metageneration": is_digits, "location": is_text, "storageClass": is_text, "selfLink": is_text},
        {"projectNumber": is_digits, "labels": is_map, "locationType": is_text, "generation": is_digits,
         "versioning": lambda value: True, "iamConfiguration": lambda value: True}),
    "storage#objects": (
        {}, {"items": is_list_of("storage#object"), "prefixes": lambda value: value and all(map(is_text, value)),
             "nextPageToken": is_text}),
    "storage#buckets": ({}, {"items": is_list_of("storage#bucket"), "nextPageToken": is_text}),
    "storage#rewriteResponse": (
        {"totalBytesRewritten": is_digits, "objectSize": is_digits, "done": lambda done: isinstance(done, bool)},
        {"rewriteToken": is_text, "resource": lambda value: not fault_of(value, "storage#object")}),
}


def fault_of(resource, kind):
    must, may = KINDS[kind]
    if resource.get("kind") != kind:
        return f"kind is {resource.get('kind')}, not {kind}"
    if missing := must.keys() - resource.keys():
        return f"a {kind} without {', '.join(sorted(missing))}"
    if unknown := resource.keys() - must.keys() - may.keys() - {"kind"}:
        return f"a {kind} has no {', '.join(sorted(unknown))}"
    bad = [name for name, value in resource.items() if name != "kind" and not {**must, **may}[name](value)]
    return f"{kind}: {bad[0]} is {json.dumps(resource[bad[0]])[:200]}" if bad else None


def is_storage(path):
    return bool(PATHS.match(path))


def judge(exchange):
    target = urllib.parse.urlsplit(exchange["target"])
    query = urllib.parse.parse_qs(target.query)
    if exchange["status"] in (204, 304, 308):
        return "there is a body" if exchange["answer"] else None
    try:
        if exchange["status"] >= 400:
            return judge_error(exchange["status"], json.loads(exchange["answer"])["error"])
        is_content = query.get("alt") == ["media"] or "x-upload-content-length" in exchange.get("requestHeaders", {}) \
            or not exchange["answer"]  # of a download, or of an upload that begins
        if is_content or target.path.startswith("/batch/"):
            return None
        resource = json.loads(exchange["answer"])
        if "fields" in query:
            return None  # in part
        return fault_of(resource, resource.get("kind")) if resource.get("kind") in KINDS else "it is of no known kind"
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        return f"no answer of the storage API: {fault!r}"


def judge_error(status, error):
    if error["code"] != status or not error["message"]:
        return f"the error does not tell of HTTP status {status}, or has no message"
    if not all(one["reason"] and one["domain"] and one["message"] for one in error["errors"]) or not error["errors"]:
        return "the error has no reason"
    return None
