// Package ivr holds all that is heard: the call scripts, the voice webhooks and
// the TwiML they answer with.
//
// The call sheet - what a caller is asked, in which order, and where each answer
// leads - is in the script_*.go files, a line a step. The words are in
// internal/wording under the IDs that stand in each line.
package ivr
