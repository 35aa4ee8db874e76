"""Ready lessons: programs with captions, questions and answers, made into pages.

    >>> [lesson.name for lesson in lessons()][:2]
    ['forward', 'backward']

A lesson NAME is two files of diagrams/lessons: the program NAME.tp, and NAME.toml with

    title, summary        a line, and a paragraph
    [data]                for every data and target of the program its rows: first the training
                          example, then a test example
    [numbers]             name = {of = "limit" | "run" | "kernel" | "exponent" | "feature" |
                          "regime", …}: what is computed when the page is made (`facts`)
    [[steps]]             heading, text, and maybe a picture: "program", "folded", "backward",
                          "sgd", "frames"
    [[questions]]         ask, answer

`lesson_of` makes one of any program, or reads a TOML of one's own for it; `lesson_text` writes it.

In texts $…$ is a formula in LaTeX and «name» stands for a number.
"""

from tpgraph.lessons.lesson_file import lesson_text
from tpgraph.lessons.own import lesson_of
from tpgraph.lessons.print_pages import lesson_pdf
from tpgraph.lessons.ready import Lesson, lesson, lessons
from tpgraph.lessons.sheet import Sheet, sheet_of
from tpgraph.lessons.web_page import lesson_html

__all__ = [
    "Lesson", "Sheet", "lesson", "lesson_html", "lesson_of", "lesson_pdf", "lesson_text", "lessons",
    "sheet_of",
]  # fmt: skip
