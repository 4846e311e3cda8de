package private

import (
	"fmt"
	"runtime/debug"
)

// Panic makes an error of a recovered panic. The value may hold what was told, so it
// names its type only; where it happened tells nothing.
func Panic(value any) error { return fmt.Errorf("a panic (%T) at %s", value, debug.Stack()) }
