package main

import "net/http"

// late is a transport whose other end is made after it.
type late struct{ http.RoundTripper }
