// Package turnbench measures a turn of the telephone against its floor: the
// least that any program of this design does for a request. It has tests only;
// make bench runs them.
package turnbench
