"""What the commands write fits the published JSON schemas of scene, check and limit."""

import copy
import json
import warnings
from importlib import resources
from importlib.resources.abc import Traversable

import jsonschema
import pytest

import tpgraph as tp

SCHEMAS = ("scene", "check", "limit")
OPTIONAL = {"covariances"}


def files(folder: Traversable):
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from files(entry)
        else:
            yield entry


def validator(name):
    (path,) = [f for f in files(resources.files("tpgraph")) if f.name == f"{name}.schema.json"]
    schema = json.loads(path.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def limit_of(entry):
    program = entry.program()
    row = tp.synthetic_data(program, 1).row(0) if program.data else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        found = tp.limit(program, data=row)
    name = next(iter(found.vectors))
    return found.to_json([(name, name)])


def documents(entry):
    """The three documents of a program of the gallery, by the name of their schema."""
    scene = json.loads(entry.draw().json)
    return {"scene": scene, "check": tp.report(entry.program()).to_json(), "limit": limit_of(entry)}


@pytest.mark.parametrize("entry", tp.gallery.entries(), ids=lambda entry: entry.name)
def test_documents_of_the_gallery_fit_their_schemas(entry):
    for name, document in documents(entry).items():
        validator(name).validate(json.loads(json.dumps(document)))


def test_scenes_with_passes_plates_and_legend_fit():
    program = tp.gallery.entry("mlp").program()
    for made in (tp.backward(program), tp.unroll_sgd(program, steps=1)):
        drawing = tp.draw(made, legend=True)
        validator("scene").validate(json.loads(drawing.json))


def test_mistakes_fit_the_schema_of_check():
    with pytest.raises(tp.TPError) as caught:
        tp.parse("program p\nwidth n\nvector u : n ~ N(0, 1)\nx = tanh(q)\ny = W u\n")
    document = {"errors": [tp.shell.error_entry(error) for error in caught.value.errors]}
    assert document["errors"]
    with pytest.raises(tp.TPError) as caught:
        tp.parse("width n\nvector u : n ~ N(0, 1)\ny = tahn(u)\n")
    document["errors"] += [tp.shell.error_entry(error) for error in caught.value.errors]
    assert document["errors"][-1]["edits"]
    validator("check").validate(document)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_missing_or_unknown_field_is_noticed(name):
    """The schemas can fail: each field that goes, and each that comes, is an error."""
    check = validator(name)
    document = json.loads(json.dumps(documents(tp.gallery.entry("mlp"))[name]))
    check.validate(document)
    for key in document.keys() - OPTIONAL:
        broken = copy.deepcopy(document)
        del broken[key]
        assert not check.is_valid(broken), key
    assert not check.is_valid({**document, "more": 1})
    inner = {"scene": "nodes", "limit": "vectors", "check": "vectors"}[name]
    broken = copy.deepcopy(document)
    rows = broken[inner]
    first = rows[0] if isinstance(rows, list) else next(iter(rows.values()))
    first["more"] = 1
    assert not check.is_valid(broken)
