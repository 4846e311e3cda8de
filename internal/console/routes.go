package console

import "net/http"

// Who may use what.
var (
	everybody = []Role{Coordinator, Supervisor, Operator, Auditor}
	readers   = []Role{Coordinator, Supervisor, Auditor} // of what is about patients
	keepers   = []Role{Coordinator, Supervisor}          // of promises
	overseers = []Role{Supervisor, Operator, Auditor}
	menders   = []Role{Operator} // of what the program could not do
)

// routes is every page and action that is not signing in. Where a role stands in a
// line it may, and otherwise not.
func routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/{$}", "board.read", readers, false, (*Server).boardPage},
		{get, "/live/board", "board.follow", readers, false, (*Server).boardLive},
		{get, "/tasks", "tasks.read", readers, false, (*Server).tasksPage},
		{get, "/live/tasks", "tasks.follow", readers, false, (*Server).tasksLive},
		{get, "/calls", "calls.read", everybody, false, (*Server).callsPage},
		{get, "/live/calls", "calls.follow", everybody, false, (*Server).callsLive},
		{get, "/team", "team.read", everybody, false, (*Server).teamPage},
		{get, "/optouts", "optouts.read", overseers, false, (*Server).optOutsPage},
		{get, "/health", "health.read", everybody, false, (*Server).healthPage},
		{get, "/given-up", "givenup.read", overseers, false, (*Server).givenUpPage},
		{post, "/given-up/{kind}/{item}", "givenup.again", menders, true, (*Server).tryAgain},
		{post, "/search", "case.search", readers, false, (*Server).search},

		{get, "/case/{case}", "case.read", readers, false, (*Server).casePage},
		{get, "/live/case/{case}", "case.follow", readers, false, (*Server).caseLive},
		{get, "/case/{case}/plan.svg", "case.plan", readers, false, (*Server).planDrawn},
		{get, "/case/{case}/recording/{recording}", "case.listen", keepers, false, (*Server).caseRecording},
		{get, "/task/{task}", "task.read", readers, false, (*Server).taskPage},
		{get, "/task/{task}/recording", "task.listen", keepers, false, (*Server).taskRecording},

		{post, "/case/{case}/reschedule", "case.reschedule", keepers, true, (*Server).reschedule},
		{post, "/case/{case}/stage", "case.stage", keepers, true, (*Server).advance},
		{post, "/case/{case}/note", "case.note", keepers, true, (*Server).note},
		{post, "/case/{case}/authority", "case.authority", keepers, true, (*Server).authority},
		{post, "/case/{case}/number", "case.number", keepers, true, (*Server).correctNumber},
		{post, "/case/{case}/stop", "case.stop", keepers, true, (*Server).stopContact},
		{post, "/task/{task}/take", "task.take", keepers, true, (*Server).take},
		{post, "/task/{task}/reassign", "task.reassign", keepers, true, (*Server).reassign},
		{post, "/task/{task}/done", "task.done", keepers, true, (*Server).done},
		{post, "/team/{member}/duty", "team.duty", keepers, true, (*Server).duty},
	}
}
