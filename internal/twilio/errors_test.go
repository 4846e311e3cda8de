package twilio

import (
	"net/http"
	"testing"
)

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
