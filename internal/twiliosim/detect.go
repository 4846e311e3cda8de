package twiliosim

import (
	"net/http"
	"net/url"
)

// verdictOf is what answering machine detection says about a callee. Enable
// tells machine_start, DetectMessageEnd waits for the beep.
func verdictOf(b *CalleeBehaviour, mode string) string {
	switch {
	case b == nil:
		return "unknown"
	case b.AnsweredBy != "":
		return b.AnsweredBy
	case b.Outcome != OutcomeMachine:
		return "human"
	case mode == "DetectMessageEnd":
		return "machine_end_beep"
	}
	return "machine_start"
}

// detectLeg posts a dialled leg's amdStatusCallback; detection on such legs is
// always asynchronous.
func (c *Call) detectLeg(noun *element) {
	mode, on := noun.get("machineDetection")
	ref, ok := noun.get("amdStatusCallback")
	if !on || !ok {
		return
	}
	at, err := resolve(c.parent.player.at.url, ref)
	if err != nil {
		return
	}
	c.postDetection(callbackSpec{url: at, method: noun.or("amdStatusCallbackMethod", http.MethodPost)}, mode)
}

// postDetection tells a verdict apart from the call. It carries no From, To or
// CallStatus.
func (c *Call) postDetection(spec callbackSpec, mode string) {
	verdict := verdictOf(c.script, mode)
	c.mu.Lock()
	c.answeredBy = verdict
	c.mu.Unlock()
	c.post(spec, url.Values{"CallSid": {c.sid}, "AccountSid": {c.sim.cfg.AccountSID},
		"AnsweredBy": {verdict}, "MachineDetectionDuration": {"3900"}})
}
