#!/usr/bin/env bash
# The steps of sections 00 and 10 to 15 as a learner types them, with the docker command line, on a lab that is up.
# Usage: lab1.sh LAB_DIRECTORY     (as root; the directory that holds each node's docker.sock)
set -euo pipefail
lab=$1
on() { local node=$1; shift; docker --host "unix://$lab/$node/docker.sock" "$@"; }
everywhere() { for node in manager worker1 worker2; do on "$node" "$@"; done; }
# What a person does when a command says "in use": try again in a moment.
until_done() { until "$@" 2>/dev/null; do sleep 1; done; }

# 00: sandbox, endpoint, network
on manager network create pont-demo
on manager run -dit --name demo1 --network pont-demo alpine
on manager run -dit --name demo2 --network pont-demo alpine
on manager run -dit --name demo-host --network host alpine
on manager run -dit --name demo-none --network none alpine
for what in "ip addr" "ip route" "cat /etc/resolv.conf"; do on manager exec demo1 $what; done
on manager exec demo-none ip addr
on manager network inspect pont-demo
on manager exec demo1 ping -c 2 demo2
on manager rm --force demo1 demo2 demo-host demo-none
on manager network rm pont-demo

# 10: a swarm again
for node in worker1 worker2 manager; do on "$node" swarm leave --force; done
on manager swarm init --advertise-addr 10.0.3.62 >/dev/null
token=$(on manager swarm join-token --quiet worker)
on worker1 swarm join --token "$token" 10.0.3.62:2377
on worker2 swarm join --token "$token" 10.0.3.62:2377
on manager node ls
on manager node ls --filter role=manager
on manager node ls --filter role=worker
everywhere network ls

# 11: an overlay network
on manager network create --driver overlay nginx-net
everywhere network ls

# 12: a service
on manager service create --name my-nginx --replicas 5 --network nginx-net --publish 80:80 nginx
on manager service ls
on manager service inspect my-nginx
on manager service ps my-nginx

# 13: to another network
everywhere network inspect nginx-net
on manager network create --driver overlay nginx-net-2
on manager service update --network-add nginx-net-2 --network-rm nginx-net my-nginx
on manager service ls
on manager network inspect nginx-net
everywhere network inspect nginx-net-2
on manager service rm my-nginx
until_done on manager network rm nginx-net
until_done on manager network rm nginx-net-2

# 14: containers that find each other by name
on manager network create --driver overlay --attachable test-net
on manager run -dit --name alpine1 --network test-net alpine ash
on worker1 network ls
on worker1 run -dit --name alpine2 --network test-net alpine ash
everywhere network ls
on worker1 exec alpine2 ping -c 2 alpine1
on manager exec alpine1 ping -c 2 alpine2
on worker2 run -dit --name alpine3 --network test-net alpine ash
on worker2 exec alpine3 ping -c 2 alpine1
on manager service create --name web --replicas 3 --network test-net nginx
for name in alpine2 web tasks.web manager.i2tch.loc; do on manager exec alpine1 nslookup "$name"; done
capture=$(on worker1 run -d --network host --cap-add NET_RAW swarmlab/outils tcpdump -Z root -n -i eth0 udp port 4789)
sleep 1
on worker1 exec alpine2 ping -c 2 alpine1
on worker1 stop --time 1 "$capture"
on worker1 logs "$capture"
on worker1 rm "$capture"
on manager service rm web
on worker1 stop --time 1 alpine2
on worker1 network ls
on worker1 rm alpine2
on manager stop --time 1 alpine1
on worker2 stop --time 1 alpine3
on manager rm alpine1
on worker2 rm alpine3
until_done on manager network rm test-net

# 15: an ingress network of one's own
until_done on manager network rm ingress <<<y
until [ -z "$(everywhere network ls --quiet --filter name=ingress)" ]; do sleep 1; done
on manager network create --driver overlay --ingress --subnet 10.11.0.0/16 --gateway 10.11.0.2 \
    --opt com.docker.network.driver.mtu=1200 my-ingress
on manager service create --name my-nginx --replicas 5 --publish 80:80 nginx
on manager service ps my-nginx
everywhere network inspect my-ingress
task=$(on manager ps --quiet --filter name=my-nginx | head -n 1)
other=$(on worker1 inspect "$(on worker1 ps --quiet --filter name=my-nginx | head -n 1)" \
    --format '{{(index .NetworkSettings.Networks "my-ingress").IPAddress}}')
on manager exec "$task" ip addr
on manager run --rm --network "container:$task" swarmlab/outils ping -c 2 -M do -s 1122 "$other"
on manager run --rm --network "container:$task" swarmlab/outils ping -c 2 -M do -s 1123 "$other" || true
on manager service rm my-nginx
while [ -n "$(everywhere ps --quiet --filter name=my-nginx)" ]; do sleep 1; done
