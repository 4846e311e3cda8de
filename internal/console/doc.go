// Package console is what coordinators and operators see: open promises by the legal
// minutes that are left, tasks, calls, all of one case, the team, and the health of
// the line. Pages are rendered here and kept up to date by server-sent events.
//
// Every page and action is a line of one table (routes.go), which says who may use
// it. Nothing is shown and nothing is changed that is not in the audit record first.
// What is personal stands on the pages of one case or task only, and never in an
// address.
package console
