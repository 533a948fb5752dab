"""A whole service in one process: what a gateway and its stages do, on real parts, without Ray and without HTTP."""
