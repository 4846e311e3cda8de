//go:build unix

package main

import (
	"os"
	"slices"
	"strconv"
	"testing"
)

// benchRounds is how often everything is measured, floor and line in turn; the tables
// have the medians. SECONDLINE_ROUNDS says otherwise.
func benchRounds() int { return benchNumber("SECONDLINE_ROUNDS", 5) }

// benchSize makes every measurement so much longer; SECONDLINE_SIZE says otherwise.
func benchSize(units int) int { return max(1, units*benchNumber("SECONDLINE_SIZE", 100)/100) }

func benchNumber(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// benchConnections are the numbers of keep-alive connections that are measured.
var benchConnections = []int{1, 16, 64}

// BenchmarkLine measures everything that the line answers and does, each beside a floor
// in the same process and in turn with it, and prints one table. SECONDLINE_PERFORMANCE
// names a directory in which performance.md and its pictures are written.
func BenchmarkLine(b *testing.B) {
	report := &benchReport{}
	for b.Loop() {
		for _, setUp := range benchSetUps {
			benchVoice(b, report, setUp)
		}
		benchOthers(b, report)
		benchCalm(b, report, report.most()/2)
		benchStart(b, report)
	}
	if err := report.print(os.Stdout); err != nil {
		b.Fatal(err)
	}
	if dir := os.Getenv("SECONDLINE_PERFORMANCE"); dir != "" {
		if err := report.write(dir); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, f := range report.figures {
		if f.what == "voice turn" && f.connections == 64 && f.redis == benchSetUps[0].name {
			b.ReportMetric(f.line().perSecond, "turns/s")
			b.ReportMetric(f.speed(), "of-floor")
		}
	}
}

// BenchmarkVoiceTurn is the part of BenchmarkLine to work on the turn with.
func BenchmarkVoiceTurn(b *testing.B) {
	report := &benchReport{}
	for b.Loop() {
		benchVoice(b, report, benchSetUps[0])
	}
	if err := report.print(os.Stdout); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkEventIn is the part of BenchmarkLine to work on events with.
func BenchmarkEventIn(b *testing.B) {
	report := &benchReport{}
	for b.Loop() {
		benchKindOf(b, report, eventKind(b))
	}
	if err := report.print(os.Stdout); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkCalm is the part of BenchmarkLine that has webhooks come by the clock, at
// SECONDLINE_RATE (200) a second.
func BenchmarkCalm(b *testing.B) {
	report := &benchReport{}
	for b.Loop() {
		benchCalm(b, report, float64(benchNumber("SECONDLINE_RATE", 200)))
		benchStart(b, report)
	}
	for _, line := range report.besides() {
		b.Log(line)
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkInside is the part of BenchmarkLine that no request asks for.
func BenchmarkInside(b *testing.B) {
	report := &benchReport{}
	for b.Loop() {
		benchInside(b, report)
	}
	if err := report.print(os.Stdout); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(0, "ns/op")
}

// benchInside measures effects and ticks.
func benchInside(b *testing.B, report *benchReport) {
	b.Helper()
	r := benchSetUps[0].start(b)
	for _, inside := range []insideSpec{outboxInside(b, r), tickInside(b, r, 0), tickInside(b, r, 100)} {
		report.add(inside.measure(b, r))
	}
}

// benchVoice measures the voice turn on one set-up of Redis.
func benchVoice(b *testing.B, report *benchReport, setUp benchSetUp) {
	b.Helper()
	r := setUp.start(b)
	k := newBenchKind(b, r, voiceKind(b))
	r.describe(b, report)
	for _, connections := range benchConnections {
		units := benchSize([]int{64, 320, 448}[slices.Index(benchConnections, connections)])
		if setUp.fsync == "always" {
			units = benchSize([]int{10, 80, 160}[slices.Index(benchConnections, connections)])
		}
		sides := k.sides[:]
		if setUp != benchSetUps[0] {
			sides = []benchSide{sides[sideFloor], sides[sideLine]}
		}
		report.add(k.measure(b, sides, connections, units))
		r.compact(b)
	}
	onlyNextTurns(b, k.line)
}

// benchOthers measures everything but the voice turn, on a redis-server on a unix
// socket that writes to disk once a second; events, which are acknowledged only once they
// are on disk, on one that always does.
func benchOthers(b *testing.B, report *benchReport) {
	b.Helper()
	for _, kind := range []kindSpec{textKind(), statusKind(b), eventKind(b), boardKind()} {
		benchKindOf(b, report, kind)
	}
	benchInside(b, report)
}

// benchKindOf measures one kind of request.
func benchKindOf(b *testing.B, report *benchReport, kind kindSpec) {
	b.Helper()
	setUp := benchSetUps[0]
	if kind.durable {
		setUp = benchSetUps[1]
	}
	k := newBenchKind(b, setUp.start(b), kind)
	for i, connections := range benchConnections {
		report.add(k.measure(b, []benchSide{k.sides[sideFloor], k.sides[sideLine]}, connections, benchSize(kind.units[i])))
		k.redis.compact(b)
	}
}
