package twilio

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// stated is the table of codes of twilio.md 1.6: the codes of each row, what it
// says of them, and the class that this is to us.
var stated = []struct {
	codes, says string
	class       Class
}{
	{"20003", "config - stop, alarm", Config},
	{"20404", "permanent", NotFound},
	{"20429", "transient, safe retry", Retry},
	{"20500, 20503", "transient; a POST may have been done", Unknown},
	{"21201/21604", "bug", Bug},
	{"21205 / 21609", "bug", Bug},
	{"21210, 21212, 21606", "config", Config},
	{"21211", "**permanent for the number**", PermanentNumber},
	{"21214", "permanent-ish (number)", PermanentNumber},
	{"21215, 21408, 13227", "config", Config},
	{"21216, 13225", "permanent", PermanentNumber},
	{"21217", "permanent", PermanentNumber},
	{"21219, 21608", "config", Config},
	{"21220", "race: treat as already ended", Race},
	{"21602, 21617, 21620, 21623", "bug", Bug},
	{"21603", "bug", Bug},
	{"**21610**", "**permanent until START; record opt-out**", OptedOut},
	{"21611, 30001", "transient", Retry},
	{"21612", "permanent for the pair", NotTextable},
	{"**21614**", "permanent for SMS (calls still fine)", NotTextable},
	{"21635", "permanent for SMS", NotTextable},
	{"21701/21703/21704/21705", "config", Config},
	{"30002", "config", Config},
	{"**30003**", "transient: retry later a few times; docs: \"temporarily unreachable\"", Retry},
	{"30004", "permanent for now (carrier/recipient block)", NoResend},
	{"**30005**", "permanent", NotTextable},
	{"**30006**", "permanent: \"do not retry the same SMS\"", NotTextable},
	{"**30007**", "do not retry the same text; alarm", NoResend},
	{"30008", "transient, limited retries", Retry},
	{"30010, 30012", "config", Config},
	{"30017, 30410", "transient", Retry},
	{"30022", "transient (next day for caps)", Retry},
	{"30023, 30027", "transient (next day for caps)", NextDay},
	{"30024", "config", Config},
	{"30032", "config", Config},
	{"30034", "config", Config},
	{"35111, 35114, 35115, 35117, 35118, 35119, 35125, 35126", "bug", Bug},
	{"**13224**", "permanent for the number mostly", PermanentNumber},
	{"13223, 13214, 13226", "bug", Bug},
	{"11200, 11205, 11206, 11210, 11215, 11235, 11237", "ours", Bug},
	{"11750, 11770, 12100, 12102, 12200, 12300", "ours", Bug},
	{"13310-13340, 13510-13521, 13610-13614, 13710, 13910", "ours", Bug},
	{"14107, 14109-14111", "ours", Bug},
	{"32018", "ours", Bug},
	{"22005", "transient", Retry},
}

var oneOrRange = regexp.MustCompile(`([0-9]{5})(?:-([0-9]{5}))?`)

// codesOf gives every code that a row names, those within a range included.
func codesOf(row string) []int {
	var out []int
	for _, m := range oneOrRange.FindAllStringSubmatch(row, -1) {
		first, _ := strconv.Atoi(m[1])
		last, _ := strconv.Atoi(m[2])
		for code := first; code <= max(first, last); code++ {
			out = append(out, code)
		}
	}
	return out
}

// Every code of twilio.md 1.6 has the class that is stated there.
func TestEveryStatedCodeIsClassedAsStated(t *testing.T) {
	known, n := map[int]string{}, 0
	for _, row := range stated {
		for _, code := range codesOf(row.codes) {
			known[code] = row.says
			n++
			if got := ClassOf(code); got != row.class {
				t.Errorf("%d (%s) is %s, want %s", code, row.says, got, row.class)
			}
		}
	}
	t.Logf("%d codes of %d rows", n, len(stated))
	path, ok := conformance(t, ".")
	if !ok {
		return
	}
	text, err := os.ReadFile(filepath.Join(path, "..", "twilio.md"))
	if err != nil {
		t.Logf("NOT COMPARED with twilio.md: %v", err)
		return
	}
	_, section, _ := strings.Cut(string(text), "\n| code | text")
	section, _, _ = strings.Cut(section, "\n\n")
	rows := strings.Split(section, "\n")[2:]
	for _, row := range rows {
		cells := strings.Split(row, " | ")
		says := strings.TrimSuffix(cells[len(cells)-1], " |")
		for _, code := range codesOf(cells[0]) {
			if known[code] != says {
				t.Errorf("twilio.md says of %d %q, and the table here %q", code, says, known[code])
			}
		}
	}
	if len(rows) < 40 || !slices.ContainsFunc(rows, func(r string) bool { return strings.Contains(r, "21610") }) {
		t.Errorf("%d rows were found in twilio.md", len(rows))
	}
}

func TestEveryKnownCodeHasAClass(t *testing.T) {
	known := map[Class][]int{
		Retry:           {20429, 21611, 22005, 30001, 30003, 30008, 30017, 30022, 30410},
		NextDay:         {30023, 30027},
		PermanentNumber: {13224, 13225, 21211, 21214, 21216, 21217},
		NotTextable:     {21612, 21614, 21635, 30005, 30006},
		OptedOut:        {21610},
		NoResend:        {30004, 30007},
		Config:          {13227, 20003, 21210, 21212, 21215, 21219, 21408, 21606, 21608, 21701, 21703, 21704, 21705, 30002, 30010, 30012, 30024, 30032, 30034},
		Bug: {11100, 11200, 11205, 11206, 11210, 11215, 11235, 11237, 11750, 11770, 12100, 12102, 12200, 12300, 13000, 13214, 13223, 13226, 13310, 13335, 13340, 13510, 13521,
			13610, 13614, 13710, 13910, 14107, 14109, 14110, 14111, 16025, 21201, 21205, 21262, 21602, 21603, 21604, 21609, 21617, 21620, 21623, 32018, 35111, 35114, 35115, 35117, 35118, 35119, 35125, 35126},
		Race:     {21220},
		NotFound: {20404},
		Unknown:  {20500, 20503},
		Refused:  {0, 1, 21618, 30009, 99999, -1},
	}
	for class, codes := range known {
		for _, code := range codes {
			if got := ClassOf(code); got != class {
				t.Errorf("%d is %s, expected %s", code, got, class)
			}
		}
	}
}

func TestTheTableOfCodesIsInOrder(t *testing.T) {
	for i, r := range classes {
		if r.first > r.last || i > 0 && r.first <= classes[i-1].last {
			t.Errorf("%d to %d is out of order", r.first, r.last)
		}
	}
}

func TestClassOfAnAnswer(t *testing.T) {
	tests := []struct {
		status, code int
		create, get  Class
	}{
		{http.StatusTooManyRequests, 0, Retry, Retry},
		{http.StatusTooManyRequests, 20429, Retry, Retry},
		{http.StatusServiceUnavailable, 20429, Retry, Retry},
		{http.StatusInternalServerError, 20500, Unknown, Retry},
		{http.StatusServiceUnavailable, 0, Unknown, Retry},
		{http.StatusBadGateway, 21211, Unknown, Retry},
		{http.StatusRequestTimeout, 0, Unknown, Retry},
		{http.StatusBadRequest, 21211, PermanentNumber, PermanentNumber},
		{http.StatusBadRequest, 21610, OptedOut, OptedOut},
		{http.StatusBadRequest, 20503, Unknown, Retry},
		{http.StatusBadRequest, 99999, Refused, Refused},
		{http.StatusBadRequest, 0, Refused, Refused},
		{http.StatusUnauthorized, 20003, Config, Config},
		{http.StatusUnauthorized, 0, Config, Config},
		{http.StatusForbidden, 0, Config, Config},
		{http.StatusNotFound, 0, NotFound, NotFound},
		{http.StatusFound, 0, Refused, Refused},
	}
	for _, test := range tests {
		if got := classify(test.status, test.code, true); got != test.create {
			t.Errorf("HTTP %d, code %d, creating: %s, expected %s", test.status, test.code, got, test.create)
		}
		if got := classify(test.status, test.code, false); got != test.get {
			t.Errorf("HTTP %d, code %d, reading: %s, expected %s", test.status, test.code, got, test.get)
		}
	}
}
