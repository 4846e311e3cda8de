package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// listed serves pages of calls or messages, which were created so many seconds
// after noon.
func listed(t *testing.T, kind string, pages [][]int) (*Client, *[]string) {
	t.Helper()
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	var asked []string
	c := served(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked = append(asked, q.Get("To")+" "+q.Get("From")+" "+q.Get("Page")+" "+q.Get("PageToken"))
		n, _ := strconv.Atoi(q.Get("Page"))
		items := []map[string]any{}
		for _, seconds := range pages[n] {
			items = append(items, map[string]any{"sid": fmt.Sprintf("%032x", seconds), "date_created": noon.Add(time.Duration(seconds) * time.Second).Format(time.RFC1123Z)})
		}
		answer := map[string]any{kind: items, "page": n}
		if n+1 < len(pages) {
			answer["next_page_uri"] = fmt.Sprintf("%s?PageSize=200&Page=%d&PageToken=PA%d", r.URL.Path, n+1, n+1)
		}
		_ = json.NewEncoder(w).Encode(answer)
	})
	return c, &asked
}

func TestFinding(t *testing.T) {
	since := time.Date(2026, 5, 4, 12, 0, 0, 900, time.UTC)
	many := make([][]int, 12)
	for i := range many {
		many[i] = []int{100 - i}
	}
	tests := []struct {
		name  string
		pages [][]int
		want  int
		asked int
		err   error
	}{
		{"none", [][]int{{}}, 0, 1, nil},
		{"one in the same second", [][]int{{0}}, 1, 1, nil},
		{"older ones end the search", [][]int{{5, 0, -1}, {-2}}, 2, 1, nil},
		{"over two pages", [][]int{{5, 4}, {3, -1}, {-2}}, 3, 2, nil},
		{"a list that runs from old to new is read to its end", [][]int{{-3, -2}, {-1, 1}}, 1, 2, nil},
		{"too many to be sure", many, 0, 10, ErrTooMany},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, asked := listed(t, "calls", test.pages)
			calls, err := c.FindCalls(context.Background(), Redacted(caller), ours, since)
			if !errors.Is(err, test.err) || len(calls) != test.want || len(*asked) != test.asked {
				t.Errorf("calls: %d with %d requests, %v; expected %d with %d, %v", len(calls), len(*asked), err, test.want, test.asked, test.err)
			}
			c, asked = listed(t, "messages", test.pages)
			messages, err := c.FindMessages(context.Background(), Redacted(caller), "", since)
			if !errors.Is(err, test.err) || len(messages) != test.want || len(*asked) != test.asked {
				t.Errorf("messages: %d with %d requests, %v; expected %d with %d, %v", len(messages), len(*asked), err, test.want, test.asked, test.err)
			}
		})
	}
}

func TestFindingAsksForTheNumbers(t *testing.T) {
	c, asked := listed(t, "calls", [][]int{{5, 4}, {3}})
	if _, err := c.FindCalls(context.Background(), Redacted(caller), ours, time.Time{}); err != nil {
		t.Fatal(err)
	}
	equal(t, "first page", (*asked)[0], caller+" "+ours+"  ")
	equal(t, "second page", (*asked)[1], caller+" "+ours+" 1 PA1")
}

func TestFindingKeepsWhatHasNoTime(t *testing.T) {
	c := served(t, answer(http.StatusOK, `{"calls":[{"sid":"`+call+`","date_created":null}]}`))
	calls, err := c.FindCalls(context.Background(), Redacted(caller), ours, time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC))
	if err != nil || len(calls) != 1 {
		t.Errorf("%d calls, %v; expected the one whose time is not known", len(calls), err)
	}
}
