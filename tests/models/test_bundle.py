"""Scripts that are packages' way to publish models are read, never run."""

import base64
import json

import pytest

from layers.models.bundle import read_object, read_weights

HEAD = '!function(e){"object"==typeof exports&&(module.exports=e())}(function(){return {1:['
TAIL = "},{}]},{},[1])(1)});"


def script(value: str) -> bytes:
    return f"{HEAD}function(e,h,n){{h.exports={value}{TAIL}".encode()


def test_an_object_literal_becomes_json() -> None:
    literal = (
        "{a:!0,b_2:!1,c:null,$d:[.5,-.25,1e-7,-3.5E2,12],"
        r'"e:f":"g:h,\"{!0}\" é",j:{k:[[0,1]],l:{}}}'
    )
    assert json.loads(read_object(script(literal))) == {
        "a": True,
        "b_2": False,
        "c": None,
        "$d": [0.5, -0.25, 1e-7, -350.0, 12],
        "e:f": 'g:h,"{!0}" é',
        "j": {"k": [[0, 1]], "l": {}},
    }


@pytest.mark.parametrize(
    "literal", ["{a:alert(1)}", "{a:function(){}}", "{a:void 0}", "{a:b}", "{a:1+1}"]
)
def test_what_is_no_literal_is_refused(literal: str) -> None:
    with pytest.raises(ValueError, match="no literal"):
        read_object(script(literal))


def test_a_script_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="exports no literal"):
        read_object(b"module.exports = {};")


def test_weights_are_joined_in_order() -> None:
    shards = [bytes(range(200)), b"", b"end"]
    scripts = [script(f'"{base64.b64encode(shard).decode()}"') for shard in shards]
    assert read_weights(scripts) == b"".join(shards)
