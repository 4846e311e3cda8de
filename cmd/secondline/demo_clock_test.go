package main

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"secondline/internal/twiliosim/phone"
)

func TestDemoClock(t *testing.T) {
	tests := []struct{ name, to, want string }{
		{"a time with its offset", "2026-11-01T01:30:00-05:00", "Sunday, Nov 1, 2026, 1:30 a.m. EST in New York"},
		{"a time of day that comes twice", "2026-11-01T01:30", "Sunday, Nov 1, 2026, 1:30 a.m. EDT in New York"},
		{"a time of day that is left out", "2027-03-14T02:30", "Sunday, Mar 14, 2027, 3:30 a.m. EDT in New York"},
		{"a winter's evening", "2026-12-24T20:15", "Thursday, Dec 24, 2026, 8:15 p.m. EST in New York"},
		{"another zone's time", "2026-07-01T00:10:00Z", "Tuesday, Jun 30, 2026, 8:10 p.m. EDT in New York"},
	}
	d := newTestDemo(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := d.SetClock(t.Context(), tt.to)
			if err != nil || v.Now != tt.want {
				t.Errorf("%s gives %q (%v), want %q", tt.to, v.Now, err, tt.want)
			}
		})
	}
	for _, bad := range []string{"", "tomorrow", "2026-02-30T10:00", "1999-12-31T23:59", "2100-01-01T00:00", "2026-11-01"} {
		if _, err := d.SetClock(t.Context(), bad); !errors.Is(err, phone.ErrBadTime) {
			t.Errorf("the clock is set to %q: %v", bad, err)
		}
	}
}

func TestDemoClockChanges(t *testing.T) {
	d := newTestDemo(t)
	want := []phone.Option{
		{ID: "2027-11-07T01:30:00-04:00", Label: "Clocks go back, Nov 7, 2027"},
		{ID: "2028-03-12T01:30:00-05:00", Label: "Clocks go forward, Mar 12, 2028"},
	}
	for _, day := range []string{"2027-01-02T10:00", "2027-08-01T10:00", "2027-12-31T23:00"} {
		v, err := d.SetClock(t.Context(), day)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, v.Changes); diff != "" {
			t.Errorf("the year of %s:\n%s", day, diff)
		}
	}
	d.w.zone = time.UTC
	if got := d.clockChanges(d.w.clock.Now()); len(got) > 0 {
		t.Errorf("a zone whose clocks never change offers %v", got)
	}
}
