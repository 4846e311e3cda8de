package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// A call that is made up is told to nobody, whatever the environment says.
func TestMadeUpCallsAreToldToNobody(t *testing.T) {
	var told atomic.Int32
	endpoint := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told.Add(1) }))
	defer endpoint.Close()
	env := lookup(map[string]string{"EVENTS_OUT": "records " + endpoint.URL + "/events " + "whsec_" + strings.Repeat("a2tra2tr", 6)})
	var out strings.Builder
	if status := run(t.Context(), []string{"call", wholeIntake}, env, &out, &out); status != 0 || !strings.Contains(out.String(), "request number") {
		t.Fatalf("status %d: %s", status, out.String())
	}
	if n := told.Load(); n != 0 {
		t.Errorf("a made-up request was told to the case system %d times", n)
	}
}
