// probe runs as a pod on each minion, so that a bring-up can see what a pod sees.
//
//	GET /                   the name of this pod's minion
//	GET /reach?to=IP:PORT   what the probe at that pod address answers; only addresses of $POD_NETWORK
//	GET /resolve?name=NAME  the addresses of a name, by the cluster's DNS
//
// Told URLs (kubectl exec POD -- /probe URL...) it prints what each answers instead, and ends.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"
)

const timeout = 3 * time.Second

func main() {
	if len(os.Args) > 1 {
		get(os.Args[1:])
		return
	}
	serve()
}

func get(urls []string) {
	// Each by a connection of its own: a service chooses a pod for each connection.
	client := &http.Client{Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, url := range urls {
		answer, err := client.Get(url)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := io.Copy(os.Stdout, answer.Body); err != nil {
			log.Fatal(err)
		}
		answer.Body.Close()
	}
}

func serve() {
	pods, err := netip.ParsePrefix(os.Getenv("POD_NETWORK"))
	if err != nil {
		log.Fatalf("POD_NETWORK: %v", err)
	}
	node := os.Getenv("NODE_NAME")
	client := &http.Client{Timeout: timeout}

	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		log.Printf("asked by %s", r.RemoteAddr)
		fmt.Fprintln(w, node)
	})
	http.HandleFunc("GET /reach", func(w http.ResponseWriter, r *http.Request) {
		to, err := netip.ParseAddrPort(r.FormValue("to"))
		if err != nil || !pods.Contains(to.Addr()) {
			http.Error(w, "to must be ADDRESS:PORT of a pod", http.StatusBadRequest)
			return
		}
		answer, err := client.Get("http://" + to.String() + "/")
		if err != nil {
			http.Error(w, fmt.Sprintf("from %s: %v", node, err), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		io.Copy(w, io.LimitReader(answer.Body, 1024))
	})
	http.HandleFunc("GET /resolve", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		addresses, err := net.DefaultResolver.LookupHost(ctx, r.FormValue("name"))
		if err != nil {
			http.Error(w, fmt.Sprintf("from %s: %v", node, err), http.StatusBadGateway)
			return
		}
		fmt.Fprintln(w, strings.Join(addresses, "\n"))
	})
	log.Printf("the probe of %s listens", node)
	log.Fatal(http.ListenAndServe(":8080", nil))
}
