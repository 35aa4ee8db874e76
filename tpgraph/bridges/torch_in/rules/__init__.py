"""What each ATEN operation does to tensors of cells, one module for each kind of operation."""
