"""What is claimed is what is proven: neither more nor less."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.ogc.reader import Reader

pytestmark = pytest.mark.django_db

# The abstract tests of each standard, as its annex A lists them.
CORE = """
http crs84 root-op root-success api-definition-op api-definition-success conformance-op
conformance-success fc-md-op fc-md-success fc-md-links fc-md-items fc-md-items-links fc-md-extent
fc-md-extent-multi sfc-md-op sfc-md-success fc-op fc-bbox-definition fc-bbox-response
fc-limit-definition fc-limit-response fc-time-definition fc-time-response fc-response fc-links
fc-timeStamp fc-numberMatched fc-numberReturned query-param-unknown query-param-invalid f-op
f-success f-links
"""
FEATURES_1 = {
    "core": CORE,
    "geojson": "definition content",
    "html": "definition content",
    "oas30": "completeness exceptions-codes oas-definition-1 oas-definition-2 oas-impl security",
}
FEATURES_2 = {
    "crs": """crs-uri default-crs storageCrs bbox-crs-parameter bbox-crs-parameter-default
    bbox-crs-parameter-invalid crs-parameter crs-parameter-default crs-parameter-invalid
    crs-parameter-transform""",
}
FEATURES_3 = {
    "queryables": "get-conformance get-queryables-uris get-queryables",
    "queryables-query-parameters": "get-conformance query-param",
    "filter": """get-conformance filter-param filter-lang-default expression-construction
    filter-crs-wgs84 filter-crs-param get-functions""",
    "features-filter": """get-conformance get-collections get-collection filter-on-items
    mixing-expression""",
}
CQL2 = {
    "cql2-text": "validate escaping",
    "basic-cql2": "basic-test comparison is-null boolean test-data logical",
    "advanced-comparison-operators": "like between in test-data logical",
    "case-insensitive-comparison": "casei casei-like test-data logical",
    "basic-spatial-functions": "s_intersects test-data logical",
    "basic-spatial-functions-plus": "s_intersects test-data",
}
TILES = {
    "core": """conformance-success tc-op tc-tilematrix-definition tc-tilerow-definition
    tc-tilecol-definition tc-success tc-error""",
    "mvt": "content",
}
STANDARDS = {
    "http://www.opengis.net/spec/ogcapi-features-1/1.0": FEATURES_1,
    "http://www.opengis.net/spec/ogcapi-features-2/1.0": FEATURES_2,
    "http://www.opengis.net/spec/ogcapi-features-3/1.0": FEATURES_3,
    "http://www.opengis.net/spec/cql2/1.0": CQL2,
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0": TILES,
}
ABSTRACT_TESTS = {
    f"{standard}/conf/{name}/{test}"
    for standard, classes in STANDARDS.items()
    for name, tests in classes.items()
    for test in tests.split()
}


def carried_out() -> set[str]:
    """The abstract tests that the modules of this folder say they carry out."""
    found = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        text = path.read_text()
        if told := re.search(r'^STANDARD = "(.*)"$', text, re.MULTILINE):
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    words = (ast.get_docstring(node) or "").split()
                    found |= {told[1] + word for word in words if word.startswith("/conf/")}
    return found


def test_every_abstract_test_is_carried_out() -> None:
    assert carried_out() == ABSTRACT_TESTS


def test_what_is_claimed_is_proven(reader: Reader) -> None:
    claimed = reader.get("/ogc/conformance")["conformsTo"]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) == {test.rsplit("/", 1)[0] for test in ABSTRACT_TESTS}
