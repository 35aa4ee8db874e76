"""The mistakes that people make in a line, and how to mend them."""

from tpgraph.language.mistakes.commands import braces, command
from tpgraph.language.mistakes.commas import comma_too_many, function_in_brackets, list_in_formula
from tpgraph.language.mistakes.drawn import (
    activation,
    distribution,
    missing_dimension,
    needless_law,
    shape,
)
from tpgraph.language.mistakes.failure import Diagnosis, Failure, Mistake
from tpgraph.language.mistakes.foreign_forms import (
    assignment,
    augmented,
    bars,
    choice,
    comment,
    dot,
    function_value,
    power,
    slashes,
    written_number,
)
from tpgraph.language.mistakes.ranges import (
    call_without_brackets,
    loop_header,
    range_of_other_kind,
)
from tpgraph.language.mistakes.signs import (
    alien_sign,
    lookalikes,
    modulo,
    product_sign,
    raised,
    semicolon,
)
from tpgraph.language.mistakes.statement_heads import (
    condition,
    ending,
    function_head,
    misspelt_word,
    number_as_name,
    output_of_expression,
    parametrization_with_dash,
    quote,
    ratio_of_width,
    sign_behind_name,
    sign_behind_word,
    title,
    word_as_name,
)

__all__ = ["MISTAKES", "Diagnosis", "Failure"]

MISTAKES: tuple[Mistake, ...] = (
    lookalikes,
    comment,
    power,
    function_value,
    choice,
    condition,
    number_as_name,
    parametrization_with_dash,
    function_head,
    sign_behind_word,
    assignment,
    augmented,
    dot,
    slashes,
    quote,
    command,
    shape,
    braces,
    bars,
    raised,
    product_sign,
    semicolon,
    modulo,
    written_number,
    range_of_other_kind,
    alien_sign,
    word_as_name,
    ending,
    misspelt_word,
    activation,
    needless_law,
    distribution,
    loop_header,
    ratio_of_width,
    sign_behind_name,
    missing_dimension,
    title,
    output_of_expression,
    call_without_brackets,
    comma_too_many,
    list_in_formula,
    function_in_brackets,
)
"""The first that answers speaks."""
