// Package audit keeps the record of who read or changed what, and when: a
// file that only grows, a line of JSON for each access, each bound to the one before
// it by SHA-256. It holds names of things and no personal data.
//
// Beside the file lies its head, which says how many lines there are and what the
// last one is: with it, lines that are missing at the end are found too. Whoever can
// write both files can write a record of their own; note the head elsewhere from
// time to time (secondline audit verify prints it) and compare with that.
package audit
