"""The names of the language and where each of them is made."""

from . import editing as editing
from .chosen import whole_constants as whole_constants
from .document_reader import from_json as from_json
from .document_writer import to_json as to_json
from .latex import latex_document as latex_document
from .parsing import format_text as format_text
from .parsing import load as load
from .parsing import parse as parse
from .printer import to_text as to_text
from .reading import read_program as read_program
from .reading import text_of as text_of
from .readings import Reading as Reading
from .readings import read as read
from .textmate import textmate_grammar as textmate_grammar
