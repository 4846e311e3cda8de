package console

import (
	"slices"
	"strings"
)

// Role is what somebody may do here.
type Role string

// The roles. A coordinator keeps promises, a supervisor oversees coordinators, an
// operator keeps the program running and sees nobody's data, an auditor reads
// and changes nothing.
const (
	Coordinator Role = "coordinator"
	Supervisor  Role = "supervisor"
	Operator    Role = "operator"
	Auditor     Role = "auditor"
)

// allRoles is every role, in the order in which they are named.
var allRoles = []Role{Coordinator, Supervisor, Operator, Auditor}

// rolesFrom keeps the words that are roles; a prefix "secondline-" is taken off.
func rolesFrom(words []string) []Role {
	var out []Role
	for _, r := range allRoles {
		if slices.ContainsFunc(words, func(w string) bool { return Role(strings.TrimPrefix(strings.ToLower(w), "secondline-")) == r }) {
			out = append(out, r)
		}
	}
	return out
}

func joined(roles []Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, "+")
}

func anyOf(have, want []Role) bool {
	return slices.ContainsFunc(have, func(r Role) bool { return slices.Contains(want, r) })
}
