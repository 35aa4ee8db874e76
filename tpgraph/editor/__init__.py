"""The graphical editor: a session over one text, a process around it, a server, a page.

session      a request as plain data in, an answer as plain data out; no server, no threads
worker       a process around a session, with limits of time and memory
web/         the page: ES modules, served as they are
"""
