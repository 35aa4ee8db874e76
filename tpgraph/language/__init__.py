"""The `.tp` language: text and JSON to programs and back.

The names are in `__init__.pyi`, and are loaded when they are first used: a picture of a text needs
neither its formatter nor the schema of JSON documents.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
