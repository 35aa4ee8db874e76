"""Pictures of programs in the notation of Tensor Programs IIb: scene, layout, painters."""
