"""DOT text → GraphvizLayout: Graphviz built in as WebAssembly, and the `dot` on PATH."""
