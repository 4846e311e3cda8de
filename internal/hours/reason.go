package hours

// Reason names why a plan is as it is. Its sentence is for operators; it is
// never read to a patient.
type Reason string

// Why an attempt is at its time.
const (
	FirstLegalMinute  Reason = "first_legal_minute"
	AfterReadingTime  Reason = "after_reading_time"
	NoReadingTime     Reason = "no_reading_time"
	ThreeHoursLater   Reason = "three_hours_later"
	ThirdOfLegalTime  Reason = "third_of_legal_time"
	BeforeTheEnd      Reason = "before_the_end"
	NextBlock         Reason = "next_block"
	NotBefore         Reason = "not_before"
	WaitsForCap       Reason = "waits_for_cap"
	PatientChose      Reason = "patient_chose"
	ChosenLineClosed  Reason = "chosen_line_closed"
	FirstAfterTheDay  Reason = "first_after_the_day"
	OneAWorkingDay    Reason = "one_a_working_day"
	UpdateAtOnce      Reason = "update_at_once"
	UpdateWhenAllowed Reason = "update_when_allowed"
	HalfHourBefore    Reason = "half_hour_before"
)

// Why a person calls by hand, and no machine dials.
const (
	AfterGuard     Reason = "after_guard"
	TooShort       Reason = "too_short"
	ExemptionSpent Reason = "exemption_spent"
)

// What is to be known of a plan as a whole.
const (
	NoLegalTime         Reason = "no_legal_minute"
	HumanOnly           Reason = "human_only"
	ShortDay            Reason = "short_day"
	UsualDay            Reason = "usual_day"
	ClockStopped        Reason = "clock_stopped"
	CallsRefused        Reason = "calls_refused"
	ZoneNotKnown        Reason = "zone_not_known"
	NeverLegal          Reason = "never_legal"
	TextsNotAllowed     Reason = "texts_not_allowed"
	UpdateTooLate       Reason = "update_too_late"
	BotNeedsConsent     Reason = "bot_needs_consent"
	OneContactExemption Reason = "one_contact_exemption"
	CapReached          Reason = "cap_reached"
	FewerFit            Reason = "fewer_fit"
)

var reasons = map[Reason]string{
	FirstLegalMinute:  "the first minute at which a call is legal",
	AfterReadingTime:  "half an hour to read what was delivered",
	NoReadingTime:     "no half hour to read: it would cost this stretch of legal time",
	ThreeHoursLater:   "three hours after the attempt before",
	ThirdOfLegalTime:  "a third of the legal time, or half an hour, after the attempt before",
	BeforeTheEnd:      "a second attempt before the little legal time ends",
	NextBlock:         "moved to the next stretch of legal time: too little is left of the one before",
	NotBefore:         "not before the moment of planning",
	WaitsForCap:       "moved: the cap of attempts in 24 hours was reached",
	PatientChose:      "the patient chose this time",
	ChosenLineClosed:  "moved to the line's next opening: the patient chose a time at which the line is closed",
	FirstAfterTheDay:  "the first legal minute after the 24 hours",
	OneAWorkingDay:    "one attempt a working day, at another part of the day",
	UpdateAtOnce:      "the update is told at once",
	UpdateWhenAllowed: "the update is told at the first minute at which a text is allowed",
	HalfHourBefore:    "half an hour before the call",

	AfterGuard:     "a coordinator has taken over, and calls by hand",
	TooShort:       "less than ten minutes of the window would be left: only a person may decide to call",
	ExemptionSpent: "without consent only one contact a day and three a week may be made by machine",

	NoLegalTime:         "no minute of the 24 hours is legal: a task at once, and a time for the patient to choose",
	HumanOnly:           "less than an hour is legal: a task at once, and only people call",
	ShortDay:            "less than four hours are legal: no reading time, attempts closer together",
	UsualDay:            "four hours or more are legal",
	ClockStopped:        "the patient chose a time: the 24 hours are over, the choice is what is promised",
	CallsRefused:        "the patient does not want calls: a person decides",
	ZoneNotKnown:        "the time zone is not known: legal is what is legal in all of the United States",
	NeverLegal:          "no legal minute comes within 400 days",
	TextsNotAllowed:     "no texts: there is no consent to them",
	UpdateTooLate:       "no text of the update: the first call comes before a text is allowed",
	BotNeedsConsent:     "no automated voice: there is no consent to it, a coordinator is on the line first",
	OneContactExemption: "without consent: one call by machine, the rest by hand",
	CapReached:          "an attempt is left out: the cap of attempts in 24 hours was reached",
	FewerFit:            "fewer attempts than three fit into the legal time",
}

// String gives the reason's sentence, or its name where it has none.
func (r Reason) String() string {
	if s, ok := reasons[r]; ok {
		return s
	}
	return string(r)
}
