"""Ready lessons: programs with captions, questions and answers, made into pages.

    >>> [lesson.name for lesson in lessons()][:2]
    ['forward', 'backward']

A lesson NAME is two files of diagrams/lessons: the program NAME.tp, and NAME.toml with

    title, summary        a line, and a paragraph
    [data]                for every data and target of the program its rows: first the training
                          example, then a test example
    [numbers]             name = {of = "limit" | "run" | "kernel" | "exponent" | "feature" |
                          "regime", …}: what is computed when the page is made (`facts`)
    [[steps]]             heading, text, and maybe a picture: "program", "backward", "sgd", "frames"
    [[questions]]         ask, answer

In texts $…$ is a formula in LaTeX and «name» stands for a number.
"""

from tpgraph.lessons.print_pages import lesson_pdf
from tpgraph.lessons.ready import Lesson, lesson, lessons
from tpgraph.lessons.sheet import Sheet, sheet_of
from tpgraph.lessons.web_page import lesson_html

__all__ = ["Lesson", "Sheet", "lesson", "lesson_html", "lesson_pdf", "lessons", "sheet_of"]
