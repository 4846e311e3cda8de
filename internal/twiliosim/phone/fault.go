package phone

import (
	"errors"
	"net/http"
)

// What the handler refuses before it asks the Exchange.
const (
	errNotJSON Code = "not_json"
	errBadJSON Code = "bad_json"
	errTooLong Code = "too_long"
	errBadKeys Code = "bad_keys"
	errFault   Code = "fault"
)

// fault is an error as the page gets it.
type fault struct {
	code    Code
	status  int
	message string // one sentence for the visitor
}

var faults = [...]fault{
	{ErrNoCall, http.StatusNotFound, "This call is over."},
	{ErrNotNow, http.StatusConflict, "The line does not expect that at the moment."},
	{ErrUnknownOption, http.StatusBadRequest, "That is not one of the choices. Please reload the page."},
	{ErrBadTime, http.StatusBadRequest, "Please give a whole date and time between the years 2000 and 2099, such as 2026-11-01, 1:30 a.m."},
	{errNotJSON, http.StatusUnsupportedMediaType, "The page and the program do not match. Please reload the page."},
	{errBadJSON, http.StatusBadRequest, "The page and the program do not match. Please reload the page."},
	{errTooLong, http.StatusRequestEntityTooLarge, "That is too long. Please use fewer words."},
	{errBadKeys, http.StatusBadRequest, "Those are not keys of a telephone."},
}

// faultOf finds the fault of an error; one without a Code is ours.
func faultOf(err error) fault {
	for _, f := range faults {
		if errors.Is(err, f.code) {
			return f
		}
	}
	return fault{errFault, http.StatusInternalServerError,
		"Something went wrong in the demonstration. Please try again."}
}
