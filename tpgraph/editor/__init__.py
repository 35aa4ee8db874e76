"""The graphical editor: a session over one text, a process around it, a server, a page.

session      a request as plain data in, an answer as plain data out; no server, no threads
worker       a process around a session, with limits of time and memory
web/         the page: ES modules, served as they are
lanes        which process answers what: typing never waits for a run
server       the page and requests over HTTP on this machine; `guard` lets its own page in alone
desk         what the server does without a session: `files`, and the recovery `journal`
presence     which pages are open in any browser: their work is offered to no other
launch       `tp.edit`, `tpgraph edit`; `served` is what they begin
forked       what processes of sessions are copies of; `forking` begins it
notebook     `tp.Editor`; `joined` makes one module of the page's
"""
